/** Tests of the commands against the store's twin and REST servers that answer as told. */
@NullMarked
package io.matriarch.ctl.patroni;

import org.jspecify.annotations.NullMarked;
