/** {@code matriarch bootstrap}. */
@NullMarked
package io.matriarch.ctl.bootstrap;

import org.jspecify.annotations.NullMarked;
