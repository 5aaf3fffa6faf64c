package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.engine.sync.PostCrashGate;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks {@link PostCrashGate} and has done what it says. That the gate is closed is kept by the file that closes it, so that an
 * agent finds what its predecessor left.
 */
final class PostCrashGateKeeper {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** A standby that comes back needs a second or more; clients wait meanwhile. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);
    /** A gate that stays closed is told of again. */
    private static final Duration REMINDER = Duration.ofMinutes(1);

    private final PostgresInstance postgres;
    private final Journal journal;
    /** Where the WAL ended when PostgreSQL first answered as primary behind the gate. */
    private Lsn end = Lsn.NONE;

    private String told = "";
    private @Nullable MonotonicTime toldAt;
    private volatile @Nullable String waitsFor;

    PostCrashGateKeeper(PostgresInstance postgres, Journal journal) {
        this.postgres = postgres;
        this.journal = journal;
    }

    /** Why ordinary clients are kept out; empty: they are not. Safe for any thread. */
    Optional<String> waitsFor() {
        return Optional.ofNullable(waitsFor);
    }

    /** How long the next look may be away; null: it has time. */
    @Nullable
    Duration lookAgain() {
        return waitsFor == null ? null : LOOK_AGAIN;
    }

    /** To be called before PostgreSQL is started over a data directory that may have been a primary's. */
    void beforeStart(Situation s) {
        end = Lsn.NONE;
        if (!PostCrashGate.isDue(s) || postgres.isGateClosed()) {
            return;
        }
        Optional<String> impossible = postgres.closeGate();
        if (impossible.isPresent()) {
            LOG.log(
                    Level.WARNING,
                    "The post-crash gate can not be closed: {0}. Clients may read commits that no standby has yet",
                    impossible.get());
            return;
        }
        tell(
                s.now(),
                "PostgreSQL crashed: ordinary clients are kept out until the synchronous set holds all its WAL"
                        + " (post_crash_gate)");
        waitsFor = "PostgreSQL is starting";
    }

    /** Once in each cycle in which nothing else is under way. */
    void look(Situation s, Snapshot snapshot) {
        if (!postgres.isGateClosed()) {
            waitsFor = null;
            end = Lsn.NONE;
            return;
        }
        if (!end.isKnown() && !snapshot.inRecovery()) {
            end = snapshot.position();
        }
        switch (PostCrashGate.decide(s, !snapshot.inRecovery(), end, SynchronousSetKeeper.walsenders(snapshot))) {
            case PostCrashGate.Open(var why) -> {
                if (postgres.openGate()) {
                    waitsFor = null;
                    tell(s.now(), "The post-crash gate is open: " + why);
                }
            }
            case PostCrashGate.Closed(var why) -> {
                waitsFor = why;
                boolean due = toldAt == null || s.now().since(toldAt).compareTo(REMINDER) >= 0;
                String text = "The post-crash gate is closed: " + why;
                if (due || !text.equals(told)) {
                    tell(s.now(), text);
                }
            }
        }
    }

    private void tell(MonotonicTime now, String text) {
        LOG.log(Level.WARNING, text);
        if (!text.equals(told)) {
            journal.event(text);
        }
        told = text;
        toldAt = now;
    }
}
