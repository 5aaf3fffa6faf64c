/** {@code matriarch witness}: the third voter of a cluster of two. */
@NullMarked
package io.matriarch.ctl.witness;

import org.jspecify.annotations.NullMarked;
