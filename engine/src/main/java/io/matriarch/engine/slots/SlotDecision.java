package io.matriarch.engine.slots;

import io.matriarch.engine.Reason;
import java.util.List;

/**
 * What is to be done about the slots of a node.
 *
 * @param actions in this order
 * @param copies logical slots whose state must be fetched from the leader, for they cannot be made on a replica
 * @param complaints what is wrong with the configuration
 */
public record SlotDecision(List<SlotAction> actions, List<LogicalSlot> copies, List<Reason> complaints) {

    static final SlotDecision NOTHING = new SlotDecision(List.of(), List.of(), List.of());

    public SlotDecision {
        actions = List.copyOf(actions);
        copies = List.copyOf(copies);
        complaints = List.copyOf(complaints);
    }
}
