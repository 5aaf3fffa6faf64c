/** Tests of prompts, tables, differences and syntax. */
@NullMarked
package io.matriarch.ctl.cli;

import org.jspecify.annotations.NullMarked;
