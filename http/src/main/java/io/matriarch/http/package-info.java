/**
 * HTTP towards other members, and TLS from PEM files for both ends. Start at {@link io.matriarch.http.RestClient}.
 *
 * <p>Knows nothing of clusters: what is asked and what an answer means is decided elsewhere.
 */
@NullMarked
package io.matriarch.http;

import org.jspecify.annotations.NullMarked;
