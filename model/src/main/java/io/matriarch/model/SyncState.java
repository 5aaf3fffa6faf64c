package io.matriarch.model;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who may become primary without losing an acknowledged commit (contract dcs-etcd3.md 1.4).
 *
 * @param leader the primary that wrote it; null for the empty state
 * @param quorum how many voters besides itself a new leader needs; 0 in priority mode
 * @param voters sorted names, without the leader
 * @param revision version of the key
 */
public record SyncState(@Nullable String leader, int quorum, List<String> voters, Revision revision) {

    /** A name that no standby has: with it alone every commit waits (contract replication.md 1.1). */
    public static final String NOBODY = "__patroni_strict_sync_replica_placeholder__";

    public static final SyncState EMPTY = new SyncState(null, 0, List.of(), Revision.NONE);

    public SyncState {
        voters = voters.stream().sorted().toList();
    }

    public static SyncState parse(String value, Revision revision) {
        JsonObject o = Json.parseObject(value).orElseGet(JsonObject::new);
        String leader = Json.string(o, "leader").filter(s -> !s.isEmpty()).orElse(null);
        if (leader == null) {
            return new SyncState(null, 0, List.of(), revision);
        }
        List<String> voters = Json.string(o, "sync_standby").stream()
                .flatMap(s -> Stream.of(s.split(",")))
                .filter(s -> !s.isEmpty())
                .toList();
        int quorum = (int) Json.integer(o, "quorum").orElse(0L).longValue();
        return new SyncState(leader, quorum, voters, revision);
    }

    public boolean isEmpty() {
        return leader == null;
    }

    /** Whether {@code name} is a voter; names are compared without regard to case. */
    public boolean isVoter(String name) {
        return containsIgnoringCase(voters, name);
    }

    public boolean isLeader(String name) {
        return leader != null && leader.equalsIgnoreCase(name);
    }

    /** Voter or leader of this state. */
    public boolean isMember(String name) {
        return isLeader(name) || isVoter(name);
    }

    /** The value to write. */
    public String toJson() {
        var o = new JsonObject();
        if (leader == null) {
            o.add("leader", JsonNull.INSTANCE);
        } else {
            o.addProperty("leader", leader);
        }
        o.addProperty("quorum", quorum);
        if (voters.isEmpty()) {
            o.add("sync_standby", JsonNull.INSTANCE);
        } else {
            o.addProperty("sync_standby", String.join(",", voters));
        }
        return Json.compact(o);
    }

    private static boolean containsIgnoringCase(Collection<String> names, String name) {
        return names.stream().anyMatch(name::equalsIgnoreCase);
    }
}
