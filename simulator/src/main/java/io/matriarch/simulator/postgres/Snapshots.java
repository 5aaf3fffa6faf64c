package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the one query of a cycle answers. */
final class Snapshots {

    private static final int SERVER_VERSION = 150_018;

    private Snapshots() {}

    static Snapshot of(Server server) {
        Recovery recovery = server.recovery;
        ServerConfig shown = server.shownConfig();
        boolean inRecovery = server.isInRecovery();
        WalReceiver receiver = recovery.receiver();
        boolean displayed = receiver != null && receiver.state() != WalReceiver.State.CONNECTING;
        SynchronousNames names =
                SynchronousNames.parse(shown.synchronousStandbyNames()).orElse(SynchronousNames.NONE);
        return new Snapshot(
                inRecovery,
                SERVER_VERSION,
                time(server.startedAt),
                receiver != null && displayed && inRecovery ? receiver.timeline() : server.timeline(),
                inRecovery ? Lsn.NONE : server.disk.flushed,
                receiver != null && displayed ? Lsn.max(recovery.received(), receiver.written()) : recovery.received(),
                recovery.replayed(),
                timeOrNull(recovery.replayedTime()),
                receiver != null && displayed ? receiver.state().name().toLowerCase(Locale.ROOT) : null,
                receiver != null && displayed ? receiver.latestEnd() : Lsn.NONE,
                inRecovery && recovery.isPaused(),
                false,
                shown.synchronousStandbyNames(),
                shown.synchronousCommit(),
                server.senders.stream().map(sender -> sender.row(names)).toList(),
                slots(server),
                LocalFacts.Sessions.NONE);
    }

    private static List<LocalFacts.Slot> slots(Server server) {
        return server.disk.slots.values().stream()
                .map(slot -> new LocalFacts.Slot(
                        slot.name,
                        "physical",
                        null,
                        null,
                        server.senderOf(slot) != null,
                        slot.lost ? Lsn.NONE : slot.restart,
                        Lsn.NONE,
                        null,
                        slot.lost ? "lost" : "reserved",
                        false,
                        false,
                        null))
                .toList();
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    private static @Nullable OffsetDateTime timeOrNull(@Nullable Instant instant) {
        return instant == null ? null : time(instant);
    }
}
