/**
 * The main classes of the command-line tools: {@link io.matriarch.ctl.PatroniCtl} for what users of Patroni know,
 * {@link io.matriarch.ctl.MatriarchCommand} for what is ours.
 */
@NullMarked
package io.matriarch.ctl;

import org.jspecify.annotations.NullMarked;
