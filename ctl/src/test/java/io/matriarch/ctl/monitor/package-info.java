/** Tests of {@code matriarch monitor}. */
@NullMarked
package io.matriarch.ctl.monitor;

import org.jspecify.annotations.NullMarked;
