/**
 * One PostgreSQL instance: what it is ({@link io.matriarch.postgres.LocalFacts}) and what can be done to it
 * ({@link io.matriarch.postgres.PostgresInstance}). Knows nothing of the cluster's store or of who should lead.
 */
@NullMarked
package io.matriarch.postgres;

import org.jspecify.annotations.NullMarked;
