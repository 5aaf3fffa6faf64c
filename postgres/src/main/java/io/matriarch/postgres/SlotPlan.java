package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.List;

/** What is to be done to physical replication slots, in this order. */
public record SlotPlan(List<Action> actions) {

    public static final SlotPlan NOTHING = new SlotPlan(List.of());

    public SlotPlan {
        actions = List.copyOf(actions);
    }

    /** One change. */
    public sealed interface Action {
        record Create(String slot) implements Action {}

        record Advance(String slot, Lsn to) implements Action {}

        /** @param why the log line that announces it */
        record Drop(String slot, String why) implements Action {}
    }
}
