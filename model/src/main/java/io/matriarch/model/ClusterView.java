package io.matriarch.model;

import com.google.gson.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that the store says about a cluster at one moment.
 *
 * @param initialize value of {@code initialize}: null without the key, empty text while a node bootstraps
 * @param config null without the key
 * @param leader null when the cluster is unlocked
 * @param status {@link ClusterStatus#EMPTY} without the key
 * @param members sorted by name
 * @param failover null when nothing is requested
 * @param sync {@link SyncState#EMPTY} without the key
 * @param history {@link History#UNKNOWN} without the key
 * @param failsafe member name to REST URL; null without the key
 * @param reservedTimeline {@link ReservedTimeline#NONE} without the key
 * @param electorate {@link Electorate#NONE} without the key
 */
public record ClusterView(
        @Nullable String initialize,
        @Nullable ConfigKey config,
        @Nullable LeaderKey leader,
        ClusterStatus status,
        Map<String, Member> members,
        @Nullable FailoverRequest failover,
        SyncState sync,
        History history,
        @Nullable Map<String, String> failsafe,
        ReservedTimeline reservedTimeline,
        Electorate electorate) {

    public static final ClusterView EMPTY = new ClusterView(
            null,
            null,
            null,
            ClusterStatus.EMPTY,
            Map.of(),
            null,
            SyncState.EMPTY,
            History.UNKNOWN,
            null,
            ReservedTimeline.NONE,
            Electorate.NONE);

    public ClusterView {
        members = Collections.unmodifiableMap(new TreeMap<>(members));
        failsafe = failsafe == null ? null : Collections.unmodifiableMap(new TreeMap<>(failsafe));
    }

    public boolean isUnlocked() {
        return leader == null || leader.name().isEmpty();
    }

    /** The name in the leader key, null when unlocked. */
    public @Nullable String leaderName() {
        return isUnlocked() || leader == null ? null : leader.name();
    }

    public boolean isLeader(String name) {
        return name.equals(leaderName());
    }

    public Optional<Member> member(String name) {
        return Optional.ofNullable(members.get(name));
    }

    /** The member that holds the leader key, if it published itself. */
    public Optional<Member> leaderMember() {
        String name = leaderName();
        return name == null ? Optional.empty() : member(name);
    }

    public List<Member> membersExcept(String name) {
        return members.values().stream().filter(m -> !m.name().equals(name)).toList();
    }

    /** The members in the failsafe map, of which only the address is known; none without the key. */
    public List<Member> failsafeMembers() {
        return failsafe == null
                ? List.of()
                : failsafe.entrySet().stream()
                        .map(e -> {
                            var data = new JsonObject();
                            data.addProperty("api_url", e.getValue());
                            return new Member(e.getKey(), data);
                        })
                        .toList();
    }

    /** The dynamic configuration in the store; {@link DynamicConfig#EMPTY} when missing or invalid. */
    public DynamicConfig dynamicConfig() {
        return config == null ? DynamicConfig.EMPTY : config.config();
    }

    /**
     * Whether all is missing that tells of a cluster: leader, configuration, who holds all commits. Every leader puts them back, so
     * {@code me} as leader only says that it took the lock just now.
     */
    public boolean hasLostCluster(String me) {
        return (isUnlocked() || isLeader(me)) && lacksCluster();
    }

    /** Whether neither configuration nor sync state is there, whoever leads. */
    public boolean lacksCluster() {
        return config == null && sync.isEmpty();
    }

    /** Whether {@code initialize} holds a system identifier (at least 10 digits). */
    public boolean hasValidInitialize() {
        return initialize != null
                && initialize.length() >= 10
                && initialize.chars().allMatch(Character::isDigit);
    }

    public ClusterView withLeader(@Nullable LeaderKey newLeader) {
        return new ClusterView(
                initialize,
                config,
                newLeader,
                status,
                members,
                failover,
                sync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
    }

    /** With a leader that announced itself while the store was away, in place of what the store says of it. */
    public ClusterView withFailsafePrimary(FailsafePrimary primary) {
        var all = new TreeMap<>(members);
        all.put(primary.name(), primary.asMember());
        var named = new LeaderKey(primary.name(), false, Revision.NONE);
        var announced = new ClusterStatus(status.optime(), primary.slots(), status.retainSlots());
        return new ClusterView(
                initialize,
                config,
                named,
                announced,
                all,
                failover,
                sync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
    }

    public ClusterView withSync(SyncState newSync) {
        return new ClusterView(
                initialize,
                config,
                leader,
                status,
                members,
                failover,
                newSync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
    }

    public ClusterView withFailover(@Nullable FailoverRequest newRequest) {
        return new ClusterView(
                initialize,
                config,
                leader,
                status,
                members,
                newRequest,
                sync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
    }

    public ClusterView withMembers(Map<String, Member> newMembers) {
        return new ClusterView(
                initialize,
                config,
                leader,
                status,
                newMembers,
                failover,
                sync,
                history,
                failsafe,
                reservedTimeline,
                electorate);
    }

    public ClusterView withElectorate(Electorate newElectorate) {
        return new ClusterView(
                initialize,
                config,
                leader,
                status,
                members,
                failover,
                sync,
                history,
                failsafe,
                reservedTimeline,
                newElectorate);
    }
}
