/**
 * Our own commands for people who run clusters: how is it, what is wrong with it, why has this setting this value. They
 * read what Patroni's tools read and ask the engine's rules, so they cannot tell another story than the log.
 */
@NullMarked
package io.matriarch.ctl.operator;

import org.jspecify.annotations.NullMarked;
