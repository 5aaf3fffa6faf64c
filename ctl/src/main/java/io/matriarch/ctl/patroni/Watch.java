package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.InterruptNotice;
import io.matriarch.ctl.cli.UsageError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Shows something once, or again and again until the process ends.
 *
 * @param period null: once
 */
record Watch(@Nullable Duration period) {

    private static final Duration DEFAULT_PERIOD = Duration.ofSeconds(2);

    /** One output. */
    @FunctionalInterface
    interface Round {
        void show() throws CommandFailure;
    }

    static Watch of(Arguments arguments) throws UsageError {
        Double seconds = arguments.seconds("--watch");
        if (seconds != null) {
            return new Watch(Duration.ofMillis(Math.round(seconds * 1000)));
        }
        return new Watch(arguments.has("-W") ? DEFAULT_PERIOD : null);
    }

    void repeat(Session session, Round round) throws CommandFailure, InterruptedException {
        if (period == null) {
            round.show();
            return;
        }
        try (var _ = new InterruptNotice(session.terminal())) {
            while (true) {
                session.terminal().clear();
                round.show();
                session.terminal().flush();
                session.time().sleep(period);
            }
        }
    }
}
