package io.matriarch.simulator.swarm;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.Tags;
import io.matriarch.simulator.Chance;
import io.matriarch.simulator.cluster.World;
import io.matriarch.simulator.postgres.PostgresTraits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a seed decides before its world begins: how large the cluster is, how it is configured, what its servers are like,
 * and what happens to it when.
 *
 * @param dynamic changes to the dynamic configuration that the cluster begins with
 * @param local sections of the local configuration that differ from the usual ones, on all nodes
 * @param nodes that are there from the beginning
 * @param tags of each node, also of those that may be added
 */
record Plan(
        long seed,
        World.Store store,
        int nodes,
        JsonObject dynamic,
        JsonObject local,
        List<JsonObject> tags,
        PostgresTraits traits,
        int writers,
        List<Fault> faults) {

    /**
     * Faults begin for this long, and for this long more with each of them: close enough for the next one to fall into
     * what the last one set off, and no time is spent on worlds in which nothing happens.
     */
    private static final Duration UNREST_PER_FAULT = Duration.ofSeconds(15);

    /** The host that a standby cluster follows. */
    static final String REMOTE = "remote";
    /** Not more kinds of faults in one world than this: each kind must get a chance to meet itself. */
    private static final int MOST_KINDS = 7;

    private static final int MOST_FAULTS = 12;
    /** What promises are for. */
    private static final List<Fault.Kind> STORE_OUTAGES = List.of(
            Fault.Kind.STORE_DOWN,
            Fault.Kind.STORE_WITHOUT_LEADER,
            Fault.Kind.STORE_SLOW,
            Fault.Kind.CUT_FROM_STORE,
            Fault.Kind.CUT_FROM_ALL);
    /** During these an answer of the store takes its time. */
    private static final List<Fault.Kind> SLOW_ANSWERS =
            List.of(Fault.Kind.LOSSY_LINKS, Fault.Kind.CUT_ONE_WAY, Fault.Kind.STORE_SLOW);
    /** How a primary ends, with its agent. */
    private static final List<Fault.Kind> SUDDEN_ENDS = List.of(Fault.Kind.KILL_BOTH, Fault.Kind.LOSE_POWER);
    /** Drawn by lots of their own, as is the wiped store; the last one only where every node may confirm commits. */
    private static final List<Fault.Kind> REBUILDING =
            List.of(Fault.Kind.CHANGE_TIMING, Fault.Kind.ADD_NODE, Fault.Kind.REMOVE_NODE);

    /** That many nodes at least may lead, so that somebody can when one of them is away. */
    private static final int FREE_NODES = 2;

    Plan {
        tags = List.copyOf(tags);
        faults = List.copyOf(faults);
    }

    static Plan of(long seed) {
        var lots = new Chance(seed * 7919 + 17);
        int nodes = 2 + lots.nextInt(3);
        var dynamic = new JsonObject();
        times(dynamic, lots.nextInt(6));
        if (lots.nextInt(3) != 0) {
            synchronous(dynamic, lots, nodes);
        }
        if (lots.nextInt(4) == 0) {
            dynamic.addProperty("failsafe_mode", true);
        }
        if (lots.nextInt(4) == 0) {
            dynamic.addProperty("primary_start_timeout", 0);
        }
        if (lots.nextInt(4) == 0) {
            dynamic.addProperty("primary_stop_timeout", 5 + lots.nextInt(20));
        }
        if (lots.nextInt(5) == 0) {
            dynamic.addProperty("maximum_lag_on_failover", 1L << lots.nextInt(10, 30));
        }
        if (lots.nextInt(5) == 0) {
            var physical = new JsonObject();
            physical.addProperty("type", "physical");
            var slots = new JsonObject();
            slots.add("kept", physical);
            dynamic.add("slots", slots);
        }
        var local = new JsonObject();
        if (lots.nextInt(5) == 0) {
            var watchdog = new JsonObject();
            watchdog.addProperty("mode", lots.nextBoolean() ? "required" : "automatic");
            local.add("watchdog", watchdog);
        }
        if (lots.nextInt(10) == 0) {
            var followed = new JsonObject();
            followed.addProperty("host", REMOTE);
            followed.addProperty("port", 5432);
            dynamic.add("standby_cluster", followed);
        }
        PostgresTraits traits = lots.nextInt(3) == 0 ? PostgresTraits.calm() : PostgresTraits.draw(lots);
        List<JsonObject> tags = tags(lots, nodes);
        int writers = 1 + lots.nextInt(3);
        List<Fault> faults =
                wiped(seed, companions(seed, memberLease(seed, dynamic, local, faults(lots, nodes), nodes)), nodes);
        return new Plan(seed, store(seed), nodes, dynamic, local, tags, traits, writers, faults).rebuilt();
    }

    /** In some worlds members grant a lease, with short times or the usual ones, and the store is away more often. */
    private static List<Fault> memberLease(
            long seed, JsonObject dynamic, JsonObject local, List<Fault> faults, int nodes) {
        var lots = new Chance(seed * 15_485_863 + 11);
        int kind = lots.nextInt(6);
        if (kind > 1) {
            return faults;
        }
        var ours = new JsonObject();
        if (kind == 0) {
            ours.addProperty("profile", "fast");
            int ttl = 3 + lots.nextInt(4);
            times(dynamic, ttl, 1, lots.nextBoolean() ? 1 : (ttl - 1) / 2);
            if (local.get("watchdog") instanceof JsonObject watchdog) {
                watchdog.addProperty("safety_margin", -1); // the usual one is longer than such a lease
            }
        } else {
            ours.addProperty("member_lease", true);
        }
        if (lots.nextBoolean()) {
            ours.addProperty("member_lease_limit", 5 + lots.nextInt(60));
        }
        dynamic.add("matriarch", ours);
        return more(faults, lots, STORE_OUTAGES, 1 + lots.nextInt(3), nodes);
    }

    /** In some worlds a second fault meets the first one in its most delicate moment, which chance alone rarely does. */
    private static List<Fault> companions(long seed, List<Fault> faults) {
        var lots = new Chance(seed * 49_979_687 + 7);
        Duration unrest = unrest(faults.size());
        List<Fault> more = switch (lots.nextInt(12)) {
            case 0 -> thawWithoutSuccessor(lots, unrest);
            case 1 -> frozenWhileAsking(lots, unrest);
            default -> List.of();
        };
        return Stream.concat(faults.stream(), more.stream())
                .sorted(Comparator.comparing(Fault::at))
                .toList();
    }

    /** The primary's host stands still for longer than any lease; whoever led after it ends shortly before it goes on. */
    private static List<Fault> thawWithoutSuccessor(Chance lots, Duration unrest) {
        Duration at = Duration.ofMillis(lots.nextLong(unrest.toMillis()));
        Duration frozen = Duration.ofMillis(35_000 + lots.nextLong(60_000));
        return List.of(
                new Fault(Fault.Kind.FREEZE_HOST, at, Fault.PRIMARY, frozen, lots.nextLong()),
                new Fault(
                        SUDDEN_ENDS.get(lots.nextInt(SUDDEN_ENDS.size())),
                        at.plus(frozen).minusMillis(lots.nextLong(20_000)),
                        Fault.PRIMARY,
                        Duration.ofMillis(lots.nextLong(90_000)),
                        lots.nextLong()));
    }

    /** The primary's agent stands still for longer than its lease while answers are late, several times. */
    private static List<Fault> frozenWhileAsking(Chance lots, Duration unrest) {
        Duration at = Duration.ofMillis(lots.nextLong(unrest.toMillis()));
        Duration slow = Duration.ofMinutes(3);
        List<Fault> faults = new ArrayList<>();
        faults.add(new Fault(
                SLOW_ANSWERS.get(lots.nextInt(SLOW_ANSWERS.size())), at, Fault.PRIMARY, slow, lots.nextLong()));
        for (int i = 0; i < 3; i++) {
            faults.add(new Fault(
                    Fault.Kind.FREEZE_AGENT,
                    at.plusMillis(lots.nextLong(slow.toMillis())),
                    Fault.PRIMARY,
                    Duration.ofMillis(20_000 + lots.nextLong(60_000)),
                    lots.nextLong()));
        }
        return faults;
    }

    /** In some worlds the store loses all that it knows; there nobody pauses, since a pause could not be ended without configuration. */
    private static List<Fault> wiped(long seed, List<Fault> faults, int nodes) {
        var lots = new Chance(seed * 67_867_967 + 13);
        if (lots.nextInt(12) != 0) {
            return faults;
        }
        List<Fault> others = faults.stream()
                .filter(fault -> fault.kind() != Fault.Kind.PAUSE)
                .toList();
        return more(others, lots, List.of(Fault.Kind.WIPE_STORE), 1, nodes);
    }

    private static List<Fault> more(List<Fault> faults, Chance lots, List<Fault.Kind> kinds, int count, int nodes) {
        Duration unrest = unrest(faults.size());
        return Stream.concat(
                        faults.stream(),
                        Stream.generate(() -> fault(lots, kinds, unrest, nodes)).limit(count))
                .sorted(Comparator.comparing(Fault::at))
                .toList();
    }

    /** In some worlds operators also add and remove nodes and change times, and a node follows another standby. */
    private Plan rebuilt() {
        var lots = new Chance(seed * 32_452_843 + 5);
        List<JsonObject> all = new ArrayList<>(tags);
        if (nodes > 2 && lots.nextInt(8) == 0) {
            JsonObject follower = all.getLast().deepCopy();
            follower.addProperty("replicatefrom", "n" + (1 + lots.nextInt(nodes - 1)));
            all.set(nodes - 1, follower);
        }
        if (lots.nextInt(4) != 0) {
            return new Plan(seed, store, nodes, dynamic, local, all, traits, writers, faults);
        }
        Stream.generate(JsonObject::new).limit(lots.nextInt(3)).forEach(all::add);
        // where one node must not confirm commits, the others may be needed
        boolean removable = tags.stream().noneMatch(node -> node.has("nosync"));
        List<Fault> more = more(
                faults,
                lots,
                removable ? REBUILDING : REBUILDING.subList(0, REBUILDING.size() - 1),
                1 + lots.nextInt(4),
                nodes);
        return new Plan(seed, store, nodes, dynamic, local, all, traits, writers, more);
    }

    private static void synchronous(JsonObject dynamic, Chance lots, int nodes) {
        if (lots.nextInt(3) == 0) {
            dynamic.addProperty("synchronous_mode", "quorum");
        } else {
            dynamic.addProperty("synchronous_mode", true);
        }
        if (lots.nextInt(3) == 0) {
            dynamic.addProperty("synchronous_mode_strict", true);
        }
        if (nodes > 2 && lots.nextInt(3) == 0) {
            dynamic.addProperty("synchronous_node_count", 2);
        }
    }

    /** In most worlds all nodes are equal; in the others the first two may always lead. */
    private static List<JsonObject> tags(Chance lots, int nodes) {
        boolean equal = lots.nextInt(3) != 0;
        var all = new ArrayList<JsonObject>();
        for (int i = 0; i < nodes; i++) {
            var tags = new JsonObject();
            if (!equal) {
                switch (i < FREE_NODES ? 4 + lots.nextInt(4) : lots.nextInt(6)) {
                    case 0 -> tags.addProperty("nofailover", true);
                    case 1 -> tags.addProperty("failover_priority", 0);
                    case 2 -> tags.addProperty("nosync", true);
                    case 3 -> tags.addProperty("clonefrom", true);
                    case 4 -> tags.addProperty("failover_priority", 1 + lots.nextInt(3));
                    case 5 -> tags.addProperty("sync_priority", 1 + lots.nextInt(3));
                    default -> {
                        // none
                    }
                }
            }
            all.add(tags);
        }
        return all;
    }

    /** Whether a node of that name never becomes primary in place of another one. */
    boolean neverPromotes(String name) {
        return tagsOf(name).nofailover();
    }

    /** Whether the node of that name is told whom to follow. */
    boolean followsAnother(String name) {
        return tagsOf(name).replicatefrom().isPresent();
    }

    private Tags tagsOf(String name) {
        return new Tags(tags.get(Integer.parseInt(name.substring(1)) - 1));
    }

    /** Lots of its own, so that the rest of a seed's plan does not depend on it. */
    private static World.Store store(long seed) {
        return new Chance(seed * 104_729 + 3).nextInt(4) == 0 ? World.Store.ZOOKEEPER : World.Store.ETCD;
    }

    /** Times that fit together. */
    static void times(JsonObject dynamic, long lot) {
        switch ((int) Math.floorMod(lot, 6L)) {
            case 0 -> times(dynamic, 20, 1, 3);
            case 1, 2 -> times(dynamic, 20, 5, 3);
            case 3 -> times(dynamic, 30, 5, 5);
            default -> times(dynamic, 30, 10, 10);
        }
    }

    private static void times(JsonObject dynamic, int ttl, int loopWait, int retryTimeout) {
        dynamic.addProperty("ttl", ttl);
        dynamic.addProperty("loop_wait", loopWait);
        dynamic.addProperty("retry_timeout", retryTimeout);
    }

    private static List<Fault> faults(Chance lots, int nodes) {
        Set<Fault.Kind> kinds = EnumSet.noneOf(Fault.Kind.class);
        List<Fault.Kind> all = Stream.of(Fault.Kind.values())
                .filter(kind -> kind != Fault.Kind.WIPE_STORE && !REBUILDING.contains(kind))
                .toList();
        int wanted = 1 + lots.nextInt(MOST_KINDS);
        while (kinds.size() < wanted) {
            kinds.add(all.get(lots.nextInt(all.size())));
        }
        List<Fault.Kind> chosen = List.copyOf(kinds);
        var faults = new ArrayList<Fault>();
        int count = 1 + lots.nextInt(MOST_FAULTS);
        Duration unrest = unrest(count);
        for (int i = 0; i < count; i++) {
            faults.add(fault(lots, chosen, unrest, nodes));
        }
        faults.sort(Comparator.comparing(Fault::at));
        return faults;
    }

    private static Duration unrest(int faults) {
        return UNREST_PER_FAULT.multipliedBy(1L + faults);
    }

    private static Fault fault(Chance lots, List<Fault.Kind> kinds, Duration unrest, int nodes) {
        return new Fault(
                kinds.get(lots.nextInt(kinds.size())),
                Duration.ofMillis(lots.nextLong(unrest.toMillis())),
                lots.nextInt(3) == 0 ? lots.nextInt(nodes) : Fault.PRIMARY,
                Duration.ofMillis(lots.nextLong(lots.nextBoolean() ? 3_000 : 90_000)),
                lots.nextLong());
    }

    Plan with(List<Fault> others) {
        return new Plan(seed, store, nodes, dynamic, local, tags, traits, writers, others);
    }

    /** When the last fault begins. */
    Duration unrest() {
        return faults.isEmpty() ? Duration.ZERO : faults.getLast().at();
    }

    boolean isSynchronous() {
        return dynamic.has("synchronous_mode") && !isStandbyCluster();
    }

    boolean isStandbyCluster() {
        return dynamic.has("standby_cluster");
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + store + ", " + nodes + " nodes, " + later() + writers + " writers, "
                + Json.compact(dynamic) + (local.isEmpty() ? "" : ", " + Json.compact(local)) + tagsInWords() + ", "
                + faults.size() + " faults";
    }

    private String later() {
        int added = tags.size() - nodes;
        return added == 0 ? "" : added + " more that may be added, ";
    }

    private String tagsInWords() {
        return tags.stream().allMatch(JsonObject::isEmpty) ? "" : ", tags " + tags;
    }
}
