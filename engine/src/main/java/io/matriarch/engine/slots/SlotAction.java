package io.matriarch.engine.slots;

import io.matriarch.model.Lsn;

/** One change of a slot. */
public sealed interface SlotAction {

    record CreatePhysical(String slot) implements SlotAction {}

    record CreateLogical(LogicalSlot slot) implements SlotAction {}

    record Advance(String slot, Lsn to) implements SlotAction {}

    /** Takes its time: what lies between is decoded. */
    record AdvanceLogical(LogicalSlot slot, Lsn to) implements SlotAction {}

    /** @param why the log line that announces it */
    record Drop(String slot, String why) implements SlotAction {}
}
