/**
 * Clusters of real processes on one machine: the built programs, real PostgreSQL, real stores, real signals.
 * {@link io.matriarch.acceptance.TestCluster} brings one up. The end-to-end tests of this module use it, each test class
 * for one behaviour, and so does the benchmark.
 */
@NullMarked
package io.matriarch.acceptance;

import org.jspecify.annotations.NullMarked;
