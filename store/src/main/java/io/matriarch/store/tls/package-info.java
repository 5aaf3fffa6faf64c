/**
 * TLS from PEM files, as configurations name them ({@code cacert}, {@code cert}, {@code key}). Start at
 * {@link io.matriarch.store.tls.PemTls}. Knows nothing of stores; servers and clients use it alike.
 */
@NullMarked
package io.matriarch.store.tls;

import org.jspecify.annotations.NullMarked;
