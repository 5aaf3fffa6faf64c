/**
 * A client that writes while something happens to a cluster: what an application would feel. The demo, drills and the
 * benchmark measure with the same one. Start at {@code RowWriter}.
 */
@NullMarked
package io.matriarch.ctl.load;

import org.jspecify.annotations.NullMarked;
