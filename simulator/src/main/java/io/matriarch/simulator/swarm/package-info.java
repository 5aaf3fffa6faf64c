/** Worlds by the thousand: what a seed decides, the faults in it, the verdict, and the shortest way to a violation. */
@NullMarked
package io.matriarch.simulator.swarm;

import org.jspecify.annotations.NullMarked;
