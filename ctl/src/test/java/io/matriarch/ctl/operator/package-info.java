/** Tests of our own commands for operators. */
@NullMarked
package io.matriarch.ctl.operator;

import org.jspecify.annotations.NullMarked;
