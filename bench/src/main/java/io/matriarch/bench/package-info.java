/**
 * The benchmark: how long writes stop after a fault, and what agent and command line cost, each beside the floor that
 * PostgreSQL or the JVM sets, measured in the same run. It prints a report and judges nothing. Start reading at
 * {@link io.matriarch.bench.Bench}.
 */
@NullMarked
package io.matriarch.bench;

import org.jspecify.annotations.NullMarked;
