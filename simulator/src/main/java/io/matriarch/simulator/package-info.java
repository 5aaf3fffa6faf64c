/**
 * A deterministic world: one scheduler, virtual time, one seed. The production cycle and engine run in it on twins of
 * what they usually talk to. Nothing here reads a clock of the machine, starts a thread that races, or draws lots from
 * anything but the seed.
 */
@NullMarked
package io.matriarch.simulator;

import org.jspecify.annotations.NullMarked;
