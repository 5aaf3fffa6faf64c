package io.matriarch.agent.cycle;

import io.matriarch.engine.RewindState;
import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.SlotUse;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Tags;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.AgentStore;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Writes our member key (contract dcs-etcd3.md 1.1). */
final class MemberPublisher {

    private static final Logger LOG = System.getLogger("patroni.ha");

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final Jobs jobs;
    private final NodeMemory memory;
    private final Supplier<LocalConfig> local;
    private final Supplier<Tags> tags;
    private final Supplier<Optional<String>> gate;
    private final Supplier<List<SlotUse>> slots;

    MemberPublisher(
            AgentStore store,
            PostgresInstance postgres,
            Jobs jobs,
            NodeMemory memory,
            Supplier<LocalConfig> local,
            Supplier<Tags> tags,
            Supplier<Optional<String>> gate,
            Supplier<List<SlotUse>> slots) {
        this.store = store;
        this.postgres = postgres;
        this.jobs = jobs;
        this.memory = memory;
        this.local = local;
        this.tags = tags;
        this.gate = gate;
        this.slots = slots;
    }

    /** False when it could not be written. */
    boolean publish(Situation s, LocalFacts facts) {
        boolean leads = s.hasLock();
        String job = jobs.running();
        boolean shown = (job == null || job.equals("promote"))
                && switch (facts.state()) {
                    case RUNNING, RESTARTING, STARTING -> true;
                    default -> false;
                };
        Optional<Snapshot> snapshot = shown ? facts.snapshot() : Optional.empty();
        return write(new MemberDocument(
                postgres.connUrl(),
                local.get().restapi().apiUrl(),
                facts.state(),
                facts.role(),
                postgres.proxyUrl(),
                leads && memory.rewind != RewindState.CHECKPOINT_CONFIRMED && facts.isPrimaryHere(),
                tags.get(),
                postgres.pendingRestart(),
                snapshot,
                snapshot.map(Snapshot::timeline).orElse(0),
                memory.scheduledRestart,
                s.isPaused(),
                gate.get().orElse(null),
                shown ? slots.get() : List.of()));
    }

    /** The last word of a node that stops. */
    void publishStopped(boolean paused) {
        write(new MemberDocument(
                postgres.connUrl(),
                local.get().restapi().apiUrl(),
                PostgresState.STOPPED,
                postgres.role(),
                postgres.proxyUrl(),
                false,
                tags.get(),
                postgres.pendingRestart(),
                Optional.empty(),
                0,
                null,
                paused,
                null,
                List.of()));
    }

    private boolean write(MemberDocument document) {
        WriteOutcome outcome = store.publishMember(document.toJson());
        if (!outcome.isApplied()) {
            LOG.log(Level.WARNING, "Could not publish the member key: {0}", outcome);
        }
        return outcome.isApplied();
    }
}
