/** What must be true in a world after every event, and at its end. */
@NullMarked
package io.matriarch.simulator.check;

import org.jspecify.annotations.NullMarked;
