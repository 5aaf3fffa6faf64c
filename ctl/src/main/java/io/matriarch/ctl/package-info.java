/** The command line: {@code patronictl} and {@code matriarch}. */
@NullMarked
package io.matriarch.ctl;

import org.jspecify.annotations.NullMarked;
