package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.List;

/** What is to be done to replication slots, in this order. */
public record SlotPlan(List<Action> actions) {

    public static final SlotPlan NOTHING = new SlotPlan(List.of());

    public SlotPlan {
        actions = List.copyOf(actions);
    }

    /** One change. */
    public sealed interface Action {
        record Create(String slot) implements Action {}

        record Advance(String slot, Lsn to) implements Action {}

        /** Needs a connection to its database, and waits for the transactions that run: done beside the cycle. */
        record CreateLogical(LogicalSlot slot) implements Action {}

        /** Decodes what lies between, which takes its time: done beside the cycle. */
        record AdvanceLogical(LogicalSlot slot, Lsn to) implements Action {}

        /** @param why the log line that announces it */
        record Drop(String slot, String why) implements Action {}
    }
}
