/** Tests of {@code matriarch drill}. */
@NullMarked
package io.matriarch.ctl.drill;

import org.jspecify.annotations.NullMarked;
