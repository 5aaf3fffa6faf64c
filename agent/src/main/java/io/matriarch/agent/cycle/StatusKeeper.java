package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.SlotName;
import io.matriarch.postgres.LocalFacts.Slot;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the leader's position and slots (contract dcs-etcd3.md 1.2), and remembers how long ago members were seen, so
 * that the slot of a member that is away is kept for {@code member_slots_ttl} (contract replication.md 2.3).
 */
final class StatusKeeper {

    private final AgentStore store;
    private final Map<String, MonotonicTime> lastSeen = new HashMap<>();
    private @Nullable String lastWritten;

    StatusKeeper(AgentStore store) {
        this.store = store;
    }

    /** A new leader gives every retained slot its full time again, and those of members that a store which lost its data has forgotten. */
    void leadershipTaken(Situation s) {
        lastSeen.clear();
        see(s.knownMembers().values(), s.now());
        s.view().status().retainSlots().forEach(slot -> lastSeen.put(slot, s.now()));
        lastWritten = null;
    }

    void publish(Situation s, Optional<Snapshot> snapshot) {
        if (snapshot.isEmpty()) {
            return;
        }
        Lsn position = snapshot.get().position();
        Map<String, Lsn> slots = positions(s.me(), snapshot.get());
        if (s.config().memberSlotsTtl().isZero()) {
            slots.keySet().retainAll(s.config().permanentSlots().keySet());
        }
        var status = new ClusterStatus(position, slots, retained(s, snapshot.get()));
        String json = status.toJson();
        if (!json.equals(lastWritten)
                && store.put(Key.STATUS, json, Expectation.ANY).isApplied()) {
            lastWritten = json;
        }
    }

    /** Where the slots here stand; our own name stands for the primary itself. */
    static Map<String, Lsn> positions(String me, Snapshot snapshot) {
        var slots = new LinkedHashMap<String, Lsn>();
        for (Slot slot : snapshot.slots()) {
            Lsn at = slot.isPhysical() ? slot.restartLsn() : slot.confirmedFlushLsn();
            if (at.isKnown()) {
                slots.put(slot.name(), at);
            }
        }
        slots.put(SlotName.of(me), snapshot.position());
        return slots;
    }

    private void see(Collection<Member> members, MonotonicTime now) {
        members.stream()
                .filter(member -> !member.tags().nostream())
                .forEach(member -> lastSeen.put(SlotName.of(member.name()), now));
    }

    private List<String> retained(Situation s, Snapshot snapshot) {
        var ttl = s.config().memberSlotsTtl();
        if (ttl.isZero()) {
            return List.of();
        }
        see(s.view().members().values(), s.now());
        var permanent = s.config().permanentSlots().keySet();
        var existing = new TreeSet<String>();
        existing.add(SlotName.of(s.me()));
        snapshot.slots().stream().filter(Slot::isPhysical).forEach(slot -> existing.add(slot.name()));
        var result = new ArrayList<String>();
        for (String name : existing) {
            MonotonicTime seen = lastSeen.get(name);
            if (seen == null || permanent.contains(name)) {
                continue;
            }
            if (s.now().since(seen).compareTo(ttl) < 0) {
                result.add(name);
            } else {
                lastSeen.remove(name);
                System.getLogger("patroni.postgresql.slots")
                        .log(
                                System.Logger.Level.INFO,
                                "Replication slot ''{0}'' for absent cluster member is expired after {1} sec.",
                                name,
                                ttl.toSeconds());
            }
        }
        return result;
    }
}
