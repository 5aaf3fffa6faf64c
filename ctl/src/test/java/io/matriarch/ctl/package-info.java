/** Tests of the main classes. */
@NullMarked
package io.matriarch.ctl;

import org.jspecify.annotations.NullMarked;
