package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;

/** One command of {@code patronictl} (contract ctl.md 3). */
interface Command {

    /** Adds the options and arguments that it understands. */
    void describe(Syntax syntax);

    /**
     * Does the work. Returning normally is exit code 0.
     *
     * @throws CommandFailure what went wrong, exit code 1, or 2 for a usage error
     * @throws InterruptedException when this thread is interrupted in a wait
     */
    void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException;
}
