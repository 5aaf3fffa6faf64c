/** How costs grow with the size of a cluster. */
@NullMarked
package io.matriarch.simulator.scale;

import org.jspecify.annotations.NullMarked;
