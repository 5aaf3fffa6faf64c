package io.matriarch.agent.cycle;

import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.ExistingSlot;
import io.matriarch.engine.slots.LocalSlots;
import io.matriarch.engine.slots.SlotAction;
import io.matriarch.engine.slots.SlotBudget;
import io.matriarch.engine.slots.SlotDecision;
import io.matriarch.engine.slots.SlotRules;
import io.matriarch.engine.slots.SlotUse;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LogicalSlot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.SlotPlan;
import io.matriarch.postgres.Upstream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/** Asks {@link SlotRules} and has done what they say. */
public final class ReplicationSlotKeeper implements SlotKeeper {

    private static final Logger LOG = System.getLogger("patroni.postgresql.slots");

    private final PostgresInstance postgres;
    private List<Reason> complaints = List.of();
    private SlotBudget budget = SlotBudget.UNKNOWN;
    /** Slots that were warned of and are still in danger. */
    private Set<String> endangered = Set.of();

    private List<SlotUse> uses = List.of();

    public ReplicationSlotKeeper(PostgresInstance postgres) {
        this.postgres = postgres;
    }

    @Override
    public List<LogicalSlot> synchronise(Situation s, Snapshot snapshot) {
        watchBudget(s.now(), snapshot);
        if (s.view().config() != null) {
            postgres.relayFeedback(SlotRules.relaysFeedback(s));
        }
        List<ExistingSlot> existing =
                snapshot.slots().stream().map(ReplicationSlotKeeper::existing).toList();
        SlotDecision decision = SlotRules.plan(
                s,
                new LocalSlots(!snapshot.inRecovery(), snapshot.replayed(), existing, postgres.brokenLogicalSlots()));
        if (!decision.complaints().equals(complaints)) {
            complaints = decision.complaints();
            complaints.forEach(complaint -> LOG.log(Level.ERROR, complaint.text()));
        }
        boolean hasCopies = snapshot.slots().stream().anyMatch(slot -> !slot.isPhysical());
        Upstream leader = Upstreams.of(s.view(), s.view().leaderName(), s.me(), s.config());
        if (snapshot.inRecovery() && hasCopies && leader != null && !s.hasLock()) {
            postgres.checkLogicalSlots(leader, SlotRules.slotTowardsLeader(s));
        }
        List<SlotPlan.Action> actions =
                decision.actions().stream().map(ReplicationSlotKeeper::action).toList();
        if (!actions.isEmpty()) {
            postgres.applySlots(new SlotPlan(actions));
        }
        return decision.copies().stream().map(ReplicationSlotKeeper::logical).toList();
    }

    @Override
    public List<SlotUse> uses() {
        return uses;
    }

    private void watchBudget(MonotonicTime now, Snapshot snapshot) {
        var held = new LinkedHashMap<String, Long>();
        for (Slot slot : snapshot.slots()) {
            if (slot.restartLsn().isKnown()) {
                held.put(slot.name(), snapshot.position().bytesAfter(slot.restartLsn()));
            }
        }
        budget = budget.at(now, held);
        Long free = held.isEmpty() ? null : postgres.freeWalBytes().orElse(null);
        uses = snapshot.slots().stream()
                .filter(slot -> held.containsKey(slot.name()))
                .map(slot -> budget.use(slot.name(), held.getOrDefault(slot.name(), 0L), slot.safeWalBytes(), free))
                .toList();
        var inDanger = new HashSet<String>();
        for (SlotUse use : uses) {
            Duration left = use.left();
            if (left != null && use.isInDanger() && inDanger.add(use.slot()) && !endangered.contains(use.slot())) {
                LOG.log(
                        Level.WARNING,
                        "Replication slot ''{0}'' holds back {1} bytes of WAL. As fast as that grows now, it reaches"
                                + " {2} in {3} minutes",
                        use.slot(),
                        Long.toString(use.heldBytes()),
                        use.limit(),
                        Long.toString(left.toMinutes()));
            }
        }
        endangered = inDanger;
    }

    private static ExistingSlot existing(Slot slot) {
        return new ExistingSlot(
                slot.name(),
                slot.isPhysical(),
                slot.database() == null ? "" : slot.database(),
                slot.plugin() == null ? "" : slot.plugin(),
                slot.active(),
                slot.restartLsn(),
                slot.confirmedFlushLsn(),
                slot.xmin(),
                "lost".equals(slot.walStatus()),
                slot.failover(),
                slot.synced());
    }

    private static SlotPlan.Action action(SlotAction action) {
        return switch (action) {
            case SlotAction.CreatePhysical(var slot) -> new SlotPlan.Action.Create(slot);
            case SlotAction.CreateLogical(var slot) -> new SlotPlan.Action.CreateLogical(logical(slot));
            case SlotAction.Advance(var slot, var to) -> new SlotPlan.Action.Advance(slot, to);
            case SlotAction.AdvanceLogical(var slot, var to) -> new SlotPlan.Action.AdvanceLogical(logical(slot), to);
            case SlotAction.Drop(var slot, var why) -> new SlotPlan.Action.Drop(slot, why);
        };
    }

    private static LogicalSlot logical(io.matriarch.engine.slots.LogicalSlot slot) {
        return new LogicalSlot(slot.name(), slot.database(), slot.plugin());
    }
}
