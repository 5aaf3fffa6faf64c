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
public record Watch(@Nullable Duration period) {

    private static final Duration DEFAULT_PERIOD = Duration.ofSeconds(2);

    /** One output. */
    @FunctionalInterface
    public interface Round {
        void show() throws CommandFailure;
    }

    static Watch of(Arguments arguments) throws UsageError {
        Double seconds = arguments.seconds("--watch");
        if (seconds != null) {
            return new Watch(Duration.ofMillis(Math.round(seconds * 1000)));
        }
        return new Watch(arguments.has("-W") ? DEFAULT_PERIOD : null);
    }

    /** Shows it on an empty screen each time. */
    public void repeat(Session session, Round round) throws CommandFailure, InterruptedException {
        repeat(session, round, true);
    }

    /** Shows each output below the one before. */
    public void repeatBelow(Session session, Round round) throws CommandFailure, InterruptedException {
        repeat(session, round, false);
    }

    private void repeat(Session session, Round round, boolean clear) throws CommandFailure, InterruptedException {
        if (period == null) {
            round.show();
            return;
        }
        boolean hasShown = false;
        try (var _ = new InterruptNotice(session.terminal())) {
            while (true) {
                if (clear) {
                    session.terminal().clear();
                }
                try {
                    round.show();
                    hasShown = true;
                } catch (CommandFailure e) {
                    if (!hasShown) {
                        throw e;
                    }
                    // whoever watches a failover wants to see its end, too
                    session.terminal().error("Error: " + e.getMessage());
                }
                session.terminal().flush();
                session.time().sleep(period);
            }
        }
    }
}
