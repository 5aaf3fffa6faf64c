package io.matriarch.agent.cycle;

import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.ExistingSlot;
import io.matriarch.engine.slots.LocalSlots;
import io.matriarch.engine.slots.SlotAction;
import io.matriarch.engine.slots.SlotBudget;
import io.matriarch.engine.slots.SlotDecision;
import io.matriarch.engine.slots.SlotRules;
import io.matriarch.model.MonotonicTime;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LogicalSlot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.SlotPlan;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashSet;
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

    public ReplicationSlotKeeper(PostgresInstance postgres) {
        this.postgres = postgres;
    }

    @Override
    public List<LogicalSlot> synchronise(Situation s, Snapshot snapshot) {
        watchBudget(s.now(), snapshot);
        List<ExistingSlot> existing =
                snapshot.slots().stream().map(ReplicationSlotKeeper::existing).toList();
        SlotDecision decision = SlotRules.plan(
                s,
                new LocalSlots(!snapshot.inRecovery(), snapshot.replayed(), existing, postgres.brokenLogicalSlots()));
        if (!decision.complaints().equals(complaints)) {
            complaints = decision.complaints();
            complaints.forEach(complaint -> LOG.log(Level.ERROR, complaint.text()));
        }
        List<SlotPlan.Action> actions =
                decision.actions().stream().map(ReplicationSlotKeeper::action).toList();
        if (!actions.isEmpty()) {
            postgres.applySlots(new SlotPlan(actions));
        }
        return decision.copies().stream().map(ReplicationSlotKeeper::logical).toList();
    }

    private void watchBudget(MonotonicTime now, Snapshot snapshot) {
        budget = budget.at(now, snapshot.position());
        var inDanger = new HashSet<String>();
        for (Slot slot : snapshot.slots()) {
            budget.runsOutIn(slot.safeWalBytes()).ifPresent(left -> {
                inDanger.add(slot.name());
                if (!endangered.contains(slot.name())) {
                    LOG.log(
                            Level.WARNING,
                            "Replication slot ''{0}'' holds back {1} bytes of WAL. As fast as WAL is written now,"
                                    + " max_slot_wal_keep_size lets it lose what it needs in {2} minutes",
                            slot.name(),
                            Long.toString(snapshot.position().bytesAfter(slot.restartLsn())),
                            Long.toString(left.toMinutes()));
                }
            });
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
