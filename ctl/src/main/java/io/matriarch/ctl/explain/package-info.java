/** {@code matriarch explain}: tells what the journals of decisions say. Start at {@code ExplainCommand}. */
@NullMarked
package io.matriarch.ctl.explain;

import org.jspecify.annotations.NullMarked;
