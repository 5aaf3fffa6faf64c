/**
 * End-to-end tests: the built programs, real PostgreSQL, real stores, real processes, real signals.
 * {@link io.matriarch.acceptance.TestCluster} brings a cluster up; each test class is one behaviour.
 */
@NullMarked
package io.matriarch.acceptance;

import org.jspecify.annotations.NullMarked;
