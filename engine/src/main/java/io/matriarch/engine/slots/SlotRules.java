package io.matriarch.engine.slots;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.engine.Situation;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.SlotName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Physical replication slots (contract replication.md 2.2–2.5): every node keeps a slot for every member, so that after
 * any failover the new leader still has the WAL that the others need. Permanent logical slots are kept, not made.
 */
public final class SlotRules {

    private SlotRules() {}

    /**
     * A slot that should exist.
     *
     * @param expectedActive somebody should be connected to it: it is never moved by us
     * @param target where an idle one should stand; {@link Lsn#NONE}: leave it
     */
    private record Wanted(boolean expectedActive, Lsn target) {}

    /** What is to be done, given the slots that exist. */
    public static List<SlotAction> plan(Situation s, boolean leads, Collection<ExistingSlot> existing) {
        if (s.view().config() == null) {
            return List.of();
        }
        Map<String, Wanted> wanted = s.config().useSlots() ? wanted(s, leads) : Map.of();
        var actions = new ArrayList<SlotAction>();
        var present = new LinkedHashMap<String, ExistingSlot>();
        for (ExistingSlot slot : existing) {
            present.put(slot.name(), slot);
            boolean known = wanted.containsKey(slot.name()) || isPermanentLogical(s, slot);
            if (slot.failover() && !slot.physical()) {
                continue;
            }
            if ((!known || slot.lost()) && !slot.active() && !s.isPaused() && !isIgnored(s, slot)) {
                String announcement = slot.lost() && known
                        ? "Trying to drop replication slot '" + slot.name() + "' with wal_status=lost"
                        : "Trying to drop unknown replication slot '" + slot.name() + "'";
                actions.add(new SlotAction.Drop(slot.name(), announcement));
                present.remove(slot.name());
            }
        }
        wanted.forEach((name, want) -> {
            ExistingSlot slot = present.get(name);
            if (slot == null) {
                actions.add(new SlotAction.CreatePhysical(name));
            } else if (slot.physical() && !want.expectedActive() && !slot.active()) {
                actions.addAll(idle(slot, want, s.view().isLeader(s.me()) && !leads));
            }
        });
        return actions;
    }

    private static List<SlotAction> idle(ExistingSlot slot, Wanted want, boolean leaderWithoutPrimary) {
        if (slot.hasXmin()) {
            return want.target().isKnown() && !leaderWithoutPrimary
                    ? List.of(
                            new SlotAction.Drop(
                                    slot.name(),
                                    "Dropping physical replication slot " + slot.name() + " because of its xmin value"),
                            new SlotAction.CreatePhysical(slot.name()))
                    : List.of();
        }
        return want.target().isAfter(slot.restartLsn())
                ? List.of(new SlotAction.Advance(slot.name(), want.target()))
                : List.of();
    }

    private static Map<String, Wanted> wanted(Situation s, boolean leads) {
        var wanted = new LinkedHashMap<String, Wanted>();
        boolean keepAll = !s.config().memberSlotsTtl().isZero();
        for (Member member : s.view().membersExcept(s.me())) {
            if (member.tags().nostream()) {
                continue;
            }
            boolean connected = isConnected(s, leads, member);
            String name = SlotName.of(member.name());
            boolean all = keepAll && !s.tags().nofailover();
            if (connected || all) {
                Lsn published = s.view().status().slots().getOrDefault(name, Lsn.NONE);
                Lsn target = member.tags().replicatefrom().isPresent()
                        ? Lsn.max(published, member.position())
                        : published;
                wanted.put(name, new Wanted(connected, target));
            }
        }
        String own = SlotName.of(s.me());
        if (!s.tags().nofailover()) {
            for (String name : s.view().status().retainSlots()) {
                if (!name.equals(own)) {
                    wanted.putIfAbsent(name, new Wanted(false, Lsn.NONE));
                }
            }
            permanentPhysical(s).forEach(name -> {
                if (!name.equals(own)) {
                    Lsn target = s.view().status().slots().getOrDefault(name, Lsn.NONE);
                    wanted.putIfAbsent(name, new Wanted(leads, target));
                }
            });
        }
        return wanted;
    }

    /** Whether the member should stream from this node. */
    private static boolean isConnected(Situation s, boolean leads, Member member) {
        String upstream = member.tags().replicatefrom().orElse(null);
        if (leads) {
            return upstream == null
                    || upstream.equals(s.me())
                    || s.view().member(upstream).isEmpty();
        }
        return s.me().equals(upstream) && !s.view().isLeader(member.name());
    }

    private static List<String> permanentPhysical(Situation s) {
        var names = new ArrayList<String>();
        for (var entry : s.config().permanentSlots().entrySet()) {
            if (!isLogical(entry.getValue())) {
                names.add(entry.getKey());
            }
        }
        return names;
    }

    private static boolean isPermanentLogical(Situation s, ExistingSlot slot) {
        return !slot.physical() && isLogical(s.config().permanentSlots().get(slot.name()));
    }

    private static boolean isLogical(@Nullable JsonElement definition) {
        return definition instanceof JsonObject o
                && Json.string(o, "type")
                        .map(type -> type.equals("logical"))
                        .orElse(o.has("database") && o.has("plugin"));
    }

    private static boolean isIgnored(Situation s, ExistingSlot slot) {
        for (JsonElement element : s.config().ignoreSlots()) {
            if (element instanceof JsonObject o
                    && matches(o, "name", slot.name())
                    && matches(o, "type", slot.physical() ? "physical" : "logical")
                    && matches(o, "database", slot.database())
                    && matches(o, "plugin", slot.plugin())) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(JsonObject matcher, String field, String value) {
        return Json.string(matcher, field).map(value::equals).orElse(true);
    }
}
