package io.matriarch.engine.slots;

import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PermanentSlot;
import io.matriarch.model.SlotName;
import io.matriarch.model.Tags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The slots that a node should have (contract replication.md 2.2–2.4): one for every member, so that after any failover the
 * new leader still has the WAL that the others need; those of members that are away for a while; and the permanent ones.
 */
final class WantedSlots {

    private static final Pattern VALID = Pattern.compile("[a-z0-9_]{1,63}");

    /** A slot that should exist. */
    sealed interface Wanted {

        /**
         * @param use whether somebody should be connected to it
         * @param target where an idle one should stand; {@link Lsn#NONE}: leave it
         */
        record Physical(Use use, Lsn target) implements Wanted {}

        /** @param target where the leader's stands; {@link Lsn#NONE}: it has none yet */
        record Logical(LogicalSlot slot, Lsn target) implements Wanted {}
    }

    /** Whether a walsender should use a physical slot here. */
    enum Use {
        /** It moves by itself. */
        ACTIVE,
        /** Its user is connected elsewhere: we move it. */
        IDLE,
        /** Its member is away: it stays as it is. */
        RETAINED
    }

    private final Situation s;
    private final boolean leads;
    private final Map<String, Wanted> slots = new LinkedHashMap<>();
    private final List<Reason> complaints = new ArrayList<>();

    private WantedSlots(Situation s, boolean leads) {
        this.s = s;
        this.leads = leads;
    }

    static WantedSlots of(Situation s, boolean leads) {
        var wanted = new WantedSlots(s, leads);
        if (s.config().useSlots()) {
            wanted.addMembers();
            wanted.addPermanent();
            wanted.addRetained();
        }
        return wanted;
    }

    Map<String, Wanted> slots() {
        return slots;
    }

    List<Reason> complaints() {
        return complaints;
    }

    private Lsn published(String slot) {
        return s.view().status().slots().getOrDefault(slot, Lsn.NONE);
    }

    private void addMembers() {
        boolean everybody = !s.config().memberSlotsTtl().isZero();
        var owners = new LinkedHashMap<String, String>();
        for (Member member : s.view().membersExcept(s.me())) {
            if (member.tags().nostream()) {
                continue;
            }
            boolean connected = isConnected(member);
            boolean replicatesFromUs =
                    s.me().equals(member.tags().replicatefrom().orElse(null));
            if (!connected && !(everybody && (!s.tags().nofailover() || replicatesFromUs))) {
                continue;
            }
            String name = SlotName.of(member.name());
            String other = owners.putIfAbsent(name, member.name());
            if (other != null) {
                complaints.add(Reason.error("Following cluster members share a replication slot name: " + other + ", "
                        + member.name() + " map to " + name));
            }
            Lsn target = member.tags().replicatefrom().isPresent()
                    ? Lsn.max(published(name), member.position())
                    : published(name);
            slots.putIfAbsent(name, new Wanted.Physical(connected ? Use.ACTIVE : Use.IDLE, target));
        }
    }

    /** Whether the member should stream from this node. */
    private boolean isConnected(Member member) {
        String upstream = member.tags().replicatefrom().orElse(null);
        if (leads) {
            return upstream == null
                    || upstream.equals(s.me())
                    || s.view().member(upstream).isEmpty();
        }
        return s.me().equals(upstream) && !s.view().isLeader(member.name());
    }

    private void addRetained() {
        if (s.tags().nofailover()) {
            return;
        }
        for (String name : s.view().status().retainSlots()) {
            if (!name.equals(SlotName.of(s.me()))) {
                slots.putIfAbsent(name, new Wanted.Physical(Use.RETAINED, Lsn.NONE));
            }
        }
    }

    private void addPermanent() {
        for (var entry : s.config().permanentSlots().entrySet()) {
            String name = entry.getKey();
            if (!VALID.matcher(name).matches()) {
                complaints.add(Reason.error("Invalid permanent replication slot name '" + name + "'"));
                complaints.add(Reason.error(
                        "Slot name may only contain lower case letters, numbers, and the underscore chars"));
                continue;
            }
            switch (PermanentSlot.of(entry.getValue())) {
                case PermanentSlot.Physical(var clusterType) -> addPermanentPhysical(name, clusterType);
                case PermanentSlot.Logical(var database, var plugin) ->
                    addPermanentLogical(new LogicalSlot(name, database, plugin));
                case PermanentSlot.Bad _ ->
                    complaints.add(
                            Reason.error("Bad value for slot '" + name + "' in permanent_slots: " + entry.getValue()));
            }
        }
    }

    private void addPermanentPhysical(String name, String clusterType) {
        if (s.tags().nofailover() || name.equals(SlotName.of(s.me())) || !isForThisCluster(clusterType)) {
            return;
        }
        Optional<Member> cascading = s.view().members().values().stream()
                .filter(m -> SlotName.of(m.name()).equals(name)
                        && m.tags().replicatefrom().isPresent())
                .findFirst();
        Lsn target = Lsn.max(published(name), cascading.map(Member::position).orElse(Lsn.NONE));
        boolean active = leads && cascading.isEmpty();
        slots.putIfAbsent(name, new Wanted.Physical(active ? Use.ACTIVE : Use.IDLE, target));
    }

    private void addPermanentLogical(LogicalSlot slot) {
        String name = slot.name();
        if (s.tags().nofailover() || s.config().isStandbyCluster() || isBelowNostream(s, s.tags(), new HashSet<>())) {
            return;
        }
        boolean ofMember = name.equals(SlotName.of(s.me()))
                || s.view().members().keySet().stream()
                        .anyMatch(m -> SlotName.of(m).equals(name));
        if (ofMember) {
            complaints.add(Reason.error("Permanent logical replication slot {'" + name
                    + "'} is conflicting with physical replication slot for cluster member"));
            return;
        }
        slots.putIfAbsent(name, new Wanted.Logical(slot, published(name)));
    }

    private boolean isForThisCluster(String clusterType) {
        return switch (clusterType) {
            case "primary" -> !s.config().isStandbyCluster();
            case "standby" -> s.config().isStandbyCluster();
            default -> true;
        };
    }

    static boolean hasLogical(DynamicConfig config) {
        return config.permanentSlots().entrySet().stream()
                .anyMatch(slot -> PermanentSlot.of(slot.getValue()) instanceof PermanentSlot.Logical);
    }

    /** Without streaming, here or on the way to the leader, a copy could not keep what the leader's slot needs. */
    static boolean isBelowNostream(Situation s, Tags tags, Set<String> seen) {
        if (tags.nostream()) {
            return true;
        }
        String upstream = tags.replicatefrom().orElse(null);
        return upstream != null
                && seen.add(upstream)
                && s.view()
                        .member(upstream)
                        .map(member -> isBelowNostream(s, member.tags(), seen))
                        .orElse(false);
    }
}
