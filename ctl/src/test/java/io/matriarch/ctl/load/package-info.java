/** Tests of the client that writes. */
@NullMarked
package io.matriarch.ctl.load;

import org.jspecify.annotations.NullMarked;
