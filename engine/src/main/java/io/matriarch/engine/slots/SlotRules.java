package io.matriarch.engine.slots;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.engine.Situation;
import io.matriarch.engine.slots.WantedSlots.Use;
import io.matriarch.engine.slots.WantedSlots.Wanted;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import io.matriarch.model.SlotName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is to be done about the slots of a node (contract replication.md 2.5); {@link WantedSlots} says which it should have. */
public final class SlotRules {

    private SlotRules() {}

    public static SlotDecision plan(Situation s, LocalSlots here) {
        if (s.view().config() == null) {
            return SlotDecision.NOTHING;
        }
        boolean leads = here.leads();
        WantedSlots wanted = WantedSlots.of(s, leads);
        var actions = new ArrayList<SlotAction>();
        var copies = new ArrayList<LogicalSlot>();
        Map<String, ExistingSlot> present = new HashMap<>();
        for (ExistingSlot slot : here.slots()) {
            Wanted want = wanted.slots().get(slot.name());
            SlotAction.Drop drop = unwanted(s, leads, slot, want);
            if (drop != null) {
                actions.add(drop);
            }
            if (drop == null || slot.active()) {
                present.put(slot.name(), slot);
            }
        }
        wanted.slots().forEach((name, want) -> {
            ExistingSlot slot = present.get(name);
            switch (want) {
                case Wanted.Physical physical -> {
                    if (slot == null) {
                        actions.add(new SlotAction.CreatePhysical(name));
                    } else if (slot.physical() && !slot.active()) {
                        actions.addAll(idle(slot, physical, mayRecreate(s, leads)));
                    }
                }
                case Wanted.Logical(var logical, var _)
                when leads -> {
                    if (slot == null) {
                        actions.add(new SlotAction.CreateLogical(logical));
                    }
                }
                case Wanted.Logical(var logical, var target) -> {
                    if (!target.isKnown()) {
                        return;
                    }
                    Lsn reachable = target.isAfter(here.replayed()) ? here.replayed() : target;
                    if (slot == null || here.broken().contains(name)) {
                        copies.add(logical);
                    } else if (!slot.physical() && reachable.isAfter(slot.confirmedFlushLsn())) {
                        actions.add(new SlotAction.AdvanceLogical(logical, reachable));
                    }
                }
            }
        });
        return new SlotDecision(actions, copies, wanted.complaints());
    }

    /**
     * Whether {@code hot_standby_feedback} must be on here for members that replicate through this node and should have permanent
     * logical slots (contract replication.md 2.6): what they tell passes through us, also when we should have none.
     */
    public static boolean relaysFeedback(Situation s) {
        return s.config().useSlots()
                && !s.config().isStandbyCluster()
                && WantedSlots.hasLogical(s.config())
                && !WantedSlots.isBelowNostream(s, s.tags(), new HashSet<>())
                && feedsCopies(s, s.me(), new HashSet<>());
    }

    /** The slot on the leader through which WAL comes here: our own, or that of the first member of our chain. */
    public static String slotTowardsLeader(Situation s) {
        String name = s.me();
        var seen = new HashSet<String>();
        String upstream = s.tags().replicatefrom().orElse(null);
        while (upstream != null
                && seen.add(upstream)
                && !s.view().isLeader(upstream)
                && s.view().member(upstream).isPresent()) {
            name = upstream;
            upstream = s.view()
                    .member(upstream)
                    .flatMap(member -> member.tags().replicatefrom())
                    .orElse(null);
        }
        return SlotName.of(name);
    }

    private static boolean feedsCopies(Situation s, String upstream, Set<String> seen) {
        return seen.add(upstream)
                && s.view().members().values().stream()
                        .filter(m -> upstream.equals(m.tags().replicatefrom().orElse(null))
                                && !s.view().isLeader(m.name())
                                && !m.tags().nostream())
                        .anyMatch(m -> !m.tags().nofailover() || feedsCopies(s, m.name(), seen));
    }

    /** Why the slot must go; null: it may stay. */
    private static SlotAction.@Nullable Drop unwanted(
            Situation s, boolean leads, ExistingSlot slot, @Nullable Wanted want) {
        String name = "'" + slot.name() + "'";
        if (!slot.physical() && slot.failover()) {
            boolean leftover = !leads
                    && !slot.synced()
                    && !s.view().isUnlocked()
                    && !s.view().isLeader(s.me());
            return leftover
                    ? new SlotAction.Drop(
                            slot.name(),
                            "Trying to drop logical replication slot " + name + " with failover=true and synced=false")
                    : null;
        }
        if (want != null && !slot.lost()) {
            String change = change(slot, want);
            return change == null
                    ? null
                    : new SlotAction.Drop(
                            slot.name(),
                            "Trying to drop replication slot " + name + " because value is changing " + change);
        }
        // An emptied store: the leader has not said again which slots are retained.
        boolean nobodySays = leads && s.view().status().equals(ClusterStatus.EMPTY);
        if (s.isPaused() || nobodySays || isIgnored(s, slot)) {
            return null;
        }
        return new SlotAction.Drop(
                slot.name(),
                want == null
                        ? "Trying to drop unknown replication slot " + name
                        : "Trying to drop replication slot " + name + " with wal_status=lost");
    }

    private static @Nullable String change(ExistingSlot slot, Wanted want) {
        return switch (want) {
            case Wanted.Physical _ -> slot.physical() ? null : "from " + describe(slot) + " to physical";
            case Wanted.Logical(var logical, var _) -> {
                boolean same = !slot.physical()
                        && slot.database().equals(logical.database())
                        && slot.plugin().equals(logical.plugin());
                yield same
                        ? null
                        : "from " + describe(slot) + " to logical " + logical.database() + " " + logical.plugin();
            }
        };
    }

    private static String describe(ExistingSlot slot) {
        return slot.physical() ? "physical" : "logical " + slot.database() + " " + slot.plugin();
    }

    /** Not by a leader that is about to promote: whoever the slot is for may still be connected to the one before. */
    private static boolean mayRecreate(Situation s, boolean leads) {
        return !s.view().isUnlocked() && (leads || !s.view().isLeader(s.me()));
    }

    /** Nobody is connected to it, though it exists: moved by us, or made anew when it would hold back what nobody needs. */
    private static List<SlotAction> idle(ExistingSlot slot, Wanted.Physical want, boolean mayRecreate) {
        if (want.use() == Use.ACTIVE) {
            return List.of();
        }
        if (slot.xmin() != null) {
            return want.use() == Use.IDLE && mayRecreate
                    ? List.of(
                            new SlotAction.Drop(
                                    slot.name(),
                                    "Dropping physical replication slot " + slot.name() + " because of its xmin value "
                                            + slot.xmin()),
                            new SlotAction.CreatePhysical(slot.name()))
                    : List.of();
        }
        if (!slot.restartLsn().isKnown()) {
            return List.of(new SlotAction.Drop(
                    slot.name(),
                    "Dropping physical replication slot " + slot.name()
                            + " because it has no restart_lsn. This slot was probably not created by Patroni, but by an"
                            + " external agent."));
        }
        return want.target().isAfter(slot.restartLsn())
                ? List.of(new SlotAction.Advance(slot.name(), want.target()))
                : List.of();
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
