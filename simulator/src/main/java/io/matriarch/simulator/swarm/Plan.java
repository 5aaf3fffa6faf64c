package io.matriarch.simulator.swarm;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.simulator.Chance;
import io.matriarch.simulator.cluster.World;
import io.matriarch.simulator.postgres.PostgresTraits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a seed decides before its world begins: how large the cluster is, how it is configured, what its servers are like,
 * and what happens to it when.
 *
 * @param dynamic changes to the dynamic configuration that the cluster begins with
 */
record Plan(
        long seed,
        World.Store store,
        int nodes,
        JsonObject dynamic,
        PostgresTraits traits,
        int writers,
        List<Fault> faults) {

    /** How long faults may begin. */
    static final Duration UNREST = Duration.ofMinutes(15);
    /** Not more kinds of faults in one world than this: each kind must get a chance to meet itself. */
    private static final int MOST_KINDS = 7;

    private static final int MOST_FAULTS = 30;

    Plan {
        faults = List.copyOf(faults);
    }

    static Plan of(long seed) {
        var lots = new Chance(seed * 7919 + 17);
        int nodes = 2 + lots.nextInt(3);
        var dynamic = new JsonObject();
        switch (lots.nextInt(3)) {
            case 0 -> times(dynamic, 20, 1, 3);
            case 1 -> times(dynamic, 30, 5, 5);
            default -> times(dynamic, 30, 10, 10);
        }
        if (lots.nextInt(3) != 0) {
            dynamic.addProperty("synchronous_mode", true);
            if (lots.nextInt(3) == 0) {
                dynamic.addProperty("synchronous_mode_strict", true);
            }
            if (nodes > 3 && lots.nextBoolean()) {
                dynamic.addProperty("synchronous_node_count", 2);
            }
        }
        if (lots.nextInt(4) == 0) {
            dynamic.addProperty("primary_start_timeout", 0);
        }
        if (lots.nextInt(4) == 0) {
            dynamic.addProperty("primary_stop_timeout", 5 + lots.nextInt(20));
        }
        PostgresTraits traits = lots.nextInt(3) == 0 ? PostgresTraits.calm() : PostgresTraits.draw(lots);
        return new Plan(seed, store(seed), nodes, dynamic, traits, 1 + lots.nextInt(3), faults(lots, nodes));
    }

    /** Lots of its own, so that the rest of a seed's plan does not depend on it. */
    private static World.Store store(long seed) {
        return new Chance(seed * 104_729 + 3).nextInt(4) == 0 ? World.Store.ZOOKEEPER : World.Store.ETCD;
    }

    private static void times(JsonObject dynamic, int ttl, int loopWait, int retryTimeout) {
        dynamic.addProperty("ttl", ttl);
        dynamic.addProperty("loop_wait", loopWait);
        dynamic.addProperty("retry_timeout", retryTimeout);
    }

    private static List<Fault> faults(Chance lots, int nodes) {
        Set<Fault.Kind> kinds = EnumSet.noneOf(Fault.Kind.class);
        Fault.Kind[] all = Fault.Kind.values();
        int wanted = 1 + lots.nextInt(MOST_KINDS);
        while (kinds.size() < wanted) {
            kinds.add(all[lots.nextInt(all.length)]);
        }
        List<Fault.Kind> chosen = List.copyOf(kinds);
        var faults = new ArrayList<Fault>();
        int count = 1 + lots.nextInt(MOST_FAULTS);
        for (int i = 0; i < count; i++) {
            faults.add(new Fault(
                    chosen.get(lots.nextInt(chosen.size())),
                    Duration.ofMillis(lots.nextLong(UNREST.toMillis())),
                    lots.nextInt(3) == 0 ? lots.nextInt(nodes) : Fault.PRIMARY,
                    Duration.ofMillis(lots.nextLong(lots.nextBoolean() ? 3_000 : 90_000)),
                    lots.nextLong()));
        }
        faults.sort(Comparator.comparing(Fault::at));
        return faults;
    }

    Plan with(List<Fault> others) {
        return new Plan(seed, store, nodes, dynamic, traits, writers, others);
    }

    boolean isSynchronous() {
        return dynamic.has("synchronous_mode");
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + store + ", " + nodes + " nodes, " + writers + " writers, "
                + Json.compact(dynamic) + ", " + faults.size() + " faults";
    }
}
