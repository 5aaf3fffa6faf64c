package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.postgres.SlotPlan;

/** The functions for physical replication slots, as the agent calls them (contract replication.md 2.5). */
final class SlotCommands {

    private SlotCommands() {}

    static void apply(Server server, SlotPlan plan) {
        for (SlotPlan.Action action : plan.actions()) {
            switch (action) {
                case SlotPlan.Action.Create(String name) -> create(server, name);
                case SlotPlan.Action.Advance(String name, Lsn to) -> advance(server, name, to);
                case SlotPlan.Action.Drop(String name, var _) -> drop(server, name);
                case SlotPlan.Action.CreateLogical _, SlotPlan.Action.AdvanceLogical _ -> {
                    // nothing is decoded here
                }
            }
        }
    }

    /** Reserves WAL at once: from the last checkpoint's beginning, on a standby from where it has replayed to. */
    static void create(Server server, String name) {
        Lsn reserved = server.isInRecovery()
                ? server.recovery.replayed()
                : server.control().checkpoint.redo();
        server.disk.slots.computeIfAbsent(name, fresh -> new Slot(fresh, reserved));
    }

    /** Never beyond what is there, never back, and not while somebody streams from it. */
    private static void advance(Server server, String name, Lsn to) {
        Slot slot = server.disk.slots.get(name);
        if (slot == null || server.senderOf(slot) != null) {
            return;
        }
        Lsn here = server.isInRecovery() ? server.recovery.replayed() : server.disk.flushed;
        Lsn reached = to.isAfter(here) ? here : to;
        if (reached.isAfter(slot.restart)) {
            slot.restart = reached;
        }
    }

    private static void drop(Server server, String name) {
        Slot slot = server.disk.slots.get(name);
        if (slot != null && server.senderOf(slot) == null) {
            server.disk.slots.remove(name);
            if (!slot.lost) { // else it had nothing to keep any more
                server.host.world().reports().slotDropped(server.host.address(), name);
            }
        }
    }
}
