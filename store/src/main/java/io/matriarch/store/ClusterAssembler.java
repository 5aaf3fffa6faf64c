package io.matriarch.store;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Electorate;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.History;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Member;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.SyncState;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes a view of a cluster from the raw keys below its base path, the same way for every store (contract
 * dcs-etcd3.md 1). Keys that it does not know, and deeper ones below {@code members/}, are passed over.
 */
public final class ClusterAssembler {

    /** Path of the leader key relative to the base path. */
    public static final String LEADER = "leader";

    /** What the paths of member keys begin with. */
    public static final String MEMBERS = "members/";

    /** Where versions before 2.1 kept the leader's position; read only while there is no {@code status}. */
    public static final String LEGACY_OPTIME = "optime/leader";

    private ClusterAssembler() {}

    /** @param keys path relative to the base path, without a leading slash, to what is stored there */
    public static ClusterView assemble(Map<String, StoredValue> keys) {
        StoredValue config = keys.get(Key.CONFIG.path());
        StoredValue leader = keys.get(LEADER);
        StoredValue failover = keys.get(Key.FAILOVER.path());
        StoredValue sync = keys.get(Key.SYNC.path());
        StoredValue electorate = keys.get(Key.ELECTORATE.path());
        StoredValue reserved = keys.get(Key.RESERVED_TIMELINE.path());
        return new ClusterView(
                valueOf(keys, Key.INITIALIZE.path()),
                config == null ? null : ConfigKey.parse(config.value(), config.revision()),
                leader == null ? null : new LeaderKey(leader.value(), leader.owned(), leader.revision()),
                status(keys),
                members(keys),
                failover == null
                        ? null
                        : FailoverRequest.parse(failover.value(), failover.revision())
                                .orElse(null),
                sync == null ? SyncState.EMPTY : SyncState.parse(sync.value(), sync.revision()),
                history(valueOf(keys, Key.HISTORY.path())),
                failsafe(valueOf(keys, Key.FAILSAFE.path())),
                reserved == null
                        ? ReservedTimeline.NONE
                        : ReservedTimeline.parse(reserved.value(), reserved.revision()),
                electorate == null ? Electorate.NONE : Electorate.parse(electorate.value(), electorate.revision()));
    }

    /** The member that a path belongs to; null when it is no member key. */
    public static @Nullable String memberName(String path) {
        if (!path.startsWith(MEMBERS) || path.length() == MEMBERS.length()) {
            return null;
        }
        String name = path.substring(MEMBERS.length());
        return name.indexOf('/') < 0 ? name : null;
    }

    /**
     * The Citus groups among paths.
     *
     * @param paths relative to the path above the groups, without a leading slash
     */
    public static SortedSet<Integer> groups(Collection<String> paths) {
        var groups = new TreeSet<Integer>();
        for (String path : paths) {
            int slash = path.indexOf('/');
            String first = slash < 0 ? path : path.substring(0, slash);
            if (first.matches("[0-9]{1,9}")) {
                groups.add(Integer.valueOf(first));
            }
        }
        return groups;
    }

    private static Map<String, Member> members(Map<String, StoredValue> keys) {
        var members = new TreeMap<String, Member>();
        keys.forEach((path, stored) -> {
            String name = memberName(path);
            if (name != null) {
                members.put(name, Member.parse(name, stored.value()));
            }
        });
        return members;
    }

    private static ClusterStatus status(Map<String, StoredValue> keys) {
        String status = valueOf(keys, Key.STATUS.path());
        if (status == null) {
            status = valueOf(keys, LEGACY_OPTIME);
        }
        return status == null ? ClusterStatus.EMPTY : ClusterStatus.parse(status);
    }

    private static History history(@Nullable String value) {
        return value == null ? History.UNKNOWN : History.parse(value);
    }

    private static @Nullable Map<String, String> failsafe(@Nullable String value) {
        if (value == null) {
            return null;
        }
        var urls = new LinkedHashMap<String, String>();
        Json.parseObject(value).ifPresent(document -> {
            for (Map.Entry<String, JsonElement> entry : document.entrySet()) {
                if (entry.getValue() instanceof JsonPrimitive url) {
                    urls.put(entry.getKey(), url.getAsString());
                }
            }
        });
        return urls;
    }

    private static @Nullable String valueOf(Map<String, StoredValue> keys, String path) {
        StoredValue stored = keys.get(path);
        return stored == null ? null : stored.value();
    }
}
