/**
 * {@code matriarch drill}: does to a cluster what will happen to it one day, while a client writes, and measures. Start at
 * {@code Drill}; {@code Preconditions} decides whether a cluster can stand it, {@code Verdict} how it did.
 */
@NullMarked
package io.matriarch.ctl.drill;

import org.jspecify.annotations.NullMarked;
