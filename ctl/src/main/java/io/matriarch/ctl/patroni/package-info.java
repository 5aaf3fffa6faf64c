/**
 * {@code patronictl}: one class for each command and the few things they share. Start at
 * {@link io.matriarch.ctl.patroni.PatroniCommand} and {@link io.matriarch.ctl.patroni.Session}.
 *
 * <p>Commands read the store and ask members over REST; they decide nothing about PostgreSQL.
 */
@NullMarked
package io.matriarch.ctl.patroni;

import org.jspecify.annotations.NullMarked;
