package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.ExistingSlot;
import io.matriarch.engine.slots.SlotAction;
import io.matriarch.engine.slots.SlotRules;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.SlotPlan;
import java.util.List;

/** {@link SlotKeeper} for physical slots. */
public final class PhysicalSlotKeeper implements SlotKeeper {

    private final PostgresInstance postgres;

    public PhysicalSlotKeeper(PostgresInstance postgres) {
        this.postgres = postgres;
    }

    @Override
    public void synchronise(Situation s, Snapshot snapshot) {
        List<ExistingSlot> existing = snapshot.slots().stream()
                .map(slot -> new ExistingSlot(
                        slot.name(),
                        slot.isPhysical(),
                        slot.database() == null ? "" : slot.database(),
                        slot.plugin() == null ? "" : slot.plugin(),
                        slot.active(),
                        slot.restartLsn(),
                        slot.xmin() != null,
                        "lost".equals(slot.walStatus()),
                        slot.failover()))
                .toList();
        boolean leads = !snapshot.inRecovery();
        List<SlotPlan.Action> actions = SlotRules.plan(s, leads, existing).stream()
                .map(PhysicalSlotKeeper::action)
                .toList();
        if (!actions.isEmpty()) {
            postgres.applySlots(new SlotPlan(actions));
        }
    }

    private static SlotPlan.Action action(SlotAction action) {
        return switch (action) {
            case SlotAction.CreatePhysical(var slot) -> new SlotPlan.Action.Create(slot);
            case SlotAction.Advance(var slot, var to) -> new SlotPlan.Action.Advance(slot, to);
            case SlotAction.Drop(var slot, var why) -> new SlotPlan.Action.Drop(slot, why);
        };
    }
}
