package io.matriarch.simulator.swarm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.http.RestResult;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.simulator.Trace;
import io.matriarch.simulator.check.Invariant;
import io.matriarch.simulator.check.Invariants;
import io.matriarch.simulator.check.Observed;
import io.matriarch.simulator.check.Violation;
import io.matriarch.simulator.clients.Ledger;
import io.matriarch.simulator.clients.Reader;
import io.matriarch.simulator.clients.Writer;
import io.matriarch.simulator.cluster.Host;
import io.matriarch.simulator.cluster.SimulatedRestClient;
import io.matriarch.simulator.cluster.World;
import io.matriarch.simulator.postgres.PostgresHost;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The life of one world: it forms a cluster, faults come and go, and in the end everything must be well again. */
final class Run implements AutoCloseable {

    private static final Duration TO_FORM = Duration.ofMinutes(15);
    private static final Duration TO_CALM_DOWN = Duration.ofSeconds(30);
    /** From the end of the last fault until one leads, all stream and writes go on. */
    private static final Duration TO_RECOVER = Duration.ofMinutes(15);
    /** An operator may be called that often: to fill an empty store, to name a leader, then to make members anew. */
    private static final int MOST_CALLS = 3;

    /** Longer than any agent acts on what it saw of the members. */
    private static final Duration LONG_KNOWN = Duration.ofMinutes(2);

    private static final String BALANCER = "balancer";
    private static final Duration SUPERVISION = Duration.ofSeconds(2);
    /** A thawed host's fence acts within this time, like its clients. */
    private static final Duration THAW = Duration.ofMillis(150);

    /** A fault begins and ends, and what it keeps away may come back later; each may make another node the leader. */
    private static final int MOST_PROMOTIONS_PER_FAULT = 3;

    private final Plan plan;
    private final World world;
    private final Ledger ledger = new Ledger();
    private final List<Writer> writers = new ArrayList<>();
    private final Fate fate;
    private final Map<PostgresHost, Observed> observed;
    private final Invariants invariants;
    private final Reader reader;
    /** Since when members have had their keys in the store. */
    private final Map<String, MonotonicTime> memberSince = new HashMap<>();

    /** The primary that a standby cluster follows; nothing happens to it. Null: this is no standby cluster. */
    private final @Nullable Host remote;

    private @Nullable String seenConfig;
    private boolean synchronous;
    private @Nullable String seenSync;
    private SyncState sync = SyncState.EMPTY;

    private Run(Plan plan, Trace trace) {
        this.plan = plan;
        this.world = new World(plan.seed(), trace, plan.traits(), plan.store());
        for (int i = 1; i <= plan.tags().size(); i++) {
            JsonObject tags = plan.tags().get(i - 1);
            world.addHost("n" + i, usual -> {
                var different = usual.with("tags", tags);
                for (Map.Entry<String, JsonElement> entry : plan.local().entrySet()) {
                    different = different.with(entry.getKey(), entry.getValue());
                }
                for (Map.Entry<String, JsonElement> entry : plan.dynamic().entrySet()) {
                    different = different.dynamic(entry.getKey(), entry.getValue());
                }
                return different;
            });
        }
        this.remote = plan.isStandbyCluster() ? world.addStranger(Plan.REMOTE) : null;
        if (remote != null) {
            // a standby cluster whose primary has removed WAL is made anew as a whole, which nobody here does
            remote.postgres().keepAllWal();
        }
        this.fate = new Fate(world, this::sync, host -> !plan.neverPromotes(host.name()), plan.nodes());
        List<PostgresHost> servers = remote != null
                ? List.of(remote.postgres())
                : world.hosts().stream().map(Host::postgres).toList();
        for (int i = 1; i <= plan.writers(); i++) {
            String name = "client" + i;
            var habits = Writer.Habits.drawn(world.scheduler().random("habits of " + name));
            writers.add(new Writer(world.scheduler(), world.network(), name, servers, ledger, habits));
        }
        this.observed = world.hosts().stream().collect(Collectors.toMap(Host::postgres, Seen::new));
        this.invariants = new Invariants(
                world.hosts().stream().map(host -> observed(host.postgres())).toList(),
                ledger,
                this::sync,
                this::isSynchronous,
                fate::wasPaused,
                () -> plan.isSynchronous() && !fate.mayHaveLostData());
        world.scheduler().afterStep(invariants::check);
        world.onRestAnswer(this::checkHealth);
        world.onDroppedSlot(this::checkSlot);
        this.reader = new Reader(
                world.scheduler(),
                world.network(),
                BALANCER,
                world.hosts().stream().map(Host::postgres).toList(),
                new SimulatedRestClient(world, BALANCER),
                server -> invariants.checkRead(observed(server)));
    }

    /** The primary keeps the WAL of members that were there all the time, unless they are to get it elsewhere. */
    private void checkSlot(Host host, String slot) {
        MonotonicTime since = memberSince.get(slot);
        if (since != null
                && isMember(slot)
                && host.postgres().isPrimary()
                && observed.containsKey(host.postgres())
                && !plan.followsAnother(slot)
                && world.scheduler().now().since(since).compareTo(LONG_KNOWN) > 0) {
            world.scheduler().fail(Invariant.I8.violated("that of " + slot + " on " + host.name()));
        }
    }

    private boolean isMember(String name) {
        return world.store().committed(world.path().member(name)) != null;
    }

    private Observed observed(PostgresHost server) {
        return Objects.requireNonNull(observed.get(server));
    }

    /** An answer is made on a fiber of the agent, where nobody would hear of a violation. */
    private void checkHealth(Host host, World.RestExchange exchange) {
        String path = URI.create(exchange.call().url()).getPath();
        boolean asPrimary = path.equals("/primary");
        boolean fits = exchange.result() instanceof RestResult.Answer(int status, var _, var _) && status == 200;
        if (fits
                && (asPrimary || path.equals("/replica"))
                && observed.containsKey(host.postgres())
                && !fate.wasPaused()) {
            try {
                Invariants.checkHealth(observed(host.postgres()), asPrimary);
            } catch (Violation e) {
                world.scheduler().fail(e);
            }
        }
    }

    /** Lets the world of a plan live; never throws for what goes wrong in it. */
    static Outcome of(Plan plan, Trace trace) {
        try (var run = new Run(plan, trace)) {
            Throwable violation = null;
            try {
                run.live();
            } catch (RuntimeException | Error e) {
                violation = e;
            }
            return run.outcome(violation);
        }
    }

    private void live() {
        if (remote != null) {
            supervise(remote);
            world.runUntil(remote.postgres()::isWritable, TO_FORM);
        }
        world.hosts().forEach(this::supervise);
        if (!world.runUntil(this::isWhole, TO_FORM)) {
            throw Invariant.I6.violated("no cluster was formed; " + describe());
        }
        writers.forEach(Writer::start);
        reader.start();
        plan.faults().forEach(fault -> world.scheduler().after(fault.at(), fault.toString(), () -> fate.strike(fault)));
        world.run(plan.unrest().plus(TO_CALM_DOWN));
        fate.relent();
        int calls = 0;
        while (!world.runUntil(() -> fate.isOver() && isWhole(), TO_RECOVER)) {
            if (calls == MOST_CALLS) {
                throw Invariant.I6.violated(describe());
            }
            calls++;
            fate.helpOut();
        }
        if (!goesOn()) {
            fate.helpOut(); // what an operator asked for last may wait for a backend that does not end
            if (!goesOn()) {
                throw Invariant.I6.violated("no row is acknowledged any more; " + describe());
            }
        }
        if (!world.runUntil(this::isConfigured, TO_RECOVER)) {
            throw Invariant.I10.violated("not all agents go by the configuration in the store");
        }
        int bound = MOST_PROMOTIONS_PER_FAULT * plan.faults().size() + MOST_CALLS;
        if (invariants.promotions() > bound) {
            throw Invariant.I7.violated(
                    invariants.promotions() + " promotions, " + plan.faults().size() + " faults");
        }
        if (plan.isSynchronous() && !fate.mayHaveLostData()) {
            List<Ledger.Acknowledged> missing = missing();
            if (!missing.isEmpty()) {
                throw Invariant.I2.violated(missing.size() + " acknowledged rows are gone, the first one is "
                        + missing.getFirst().commit().row() + " at "
                        + missing.getFirst().at().nanos() / 1e9 + " s by "
                        + missing.getFirst().by().address());
            }
        }
    }

    /** Whether every agent has the configuration that the store has. */
    private boolean isConfigured() {
        JsonObject config = Json.parseObject(Objects.requireNonNullElse(
                        world.store().committed(world.path().key(Key.CONFIG)), ""))
                .orElseGet(JsonObject::new);
        return world.hosts().stream()
                .flatMap(host -> host.node().stream())
                .allMatch(node -> node.status().dynamic().document().equals(config));
    }

    /** Whether writes are acknowledged. */
    private boolean goesOn() {
        int before = ledger.acknowledged().size();
        return world.runUntil(() -> ledger.acknowledged().size() > before, TO_RECOVER);
    }

    /** As a service manager does: an agent that has ended is started again. */
    private void supervise(Host host) {
        if (!fate.holdsDown(host)) {
            host.startAgent();
        }
        if (isMember(host.name())) {
            memberSince.putIfAbsent(host.name(), world.scheduler().now());
        } else {
            memberSince.remove(host.name());
        }
        world.scheduler().after(SUPERVISION, "supervision", () -> supervise(host));
    }

    private boolean isWhole() {
        return remote != null ? isWholeStandbyCluster() : isWholeCluster();
    }

    private boolean isWholeStandbyCluster() {
        long leaders = world.hosts().stream().filter(Host::leads).count();
        return leaders == 1 && world.hosts().stream().filter(fate::isPresent).allMatch(Run::streams);
    }

    private boolean isWholeCluster() {
        Host primary = null;
        for (Host host : world.hosts()) {
            if (host.postgres().isWritable()) {
                if (primary != null) {
                    return false;
                }
                primary = host;
            }
        }
        if (primary == null || !primary.leads() || primary.postgres().isStopping()) {
            return false;
        }
        for (Host host : world.hosts()) {
            if (host != primary && fate.isPresent(host) && !streams(host)) {
                return false;
            }
        }
        return true;
    }

    /** What an agent saw last may be from before its server was told to end. */
    private static boolean streams(Host host) {
        return host.isStreaming() && !host.postgres().isStopping();
    }

    private String describe() {
        var text = new StringBuilder();
        for (Host host : world.hosts()) {
            text.append(host.name()).append(": ");
            host.node()
                    .ifPresentOrElse(
                            node -> text.append(node.status().role())
                                    .append(' ')
                                    .append(node.status().state())
                                    .append(", \"")
                                    .append(node.status().lastResult())
                                    .append('"'),
                            () -> text.append("no agent, exit code ").append(host.exitCode()));
            text.append(", timeline ").append(host.postgres().timeline());
            text.append(host.postgres().isWritable() ? ", writable" : "").append("; ");
        }
        return text.append("leader key: ")
                .append(world.store().committed(world.path().leader()))
                .toString();
    }

    private List<Ledger.Acknowledged> missing() {
        List<Host> writable = world.writable();
        return writable.size() == 1
                ? Invariants.missing(ledger, writable.getFirst().postgres())
                : List.of();
    }

    private Outcome outcome(@Nullable Throwable violation) {
        return new Outcome(
                plan,
                violation,
                Duration.ofNanos(world.scheduler().now().nanos()),
                ledger.acknowledged().size(),
                missing().size(),
                world.hosts().stream()
                        .mapToInt(h -> h.postgres().timeline())
                        .max()
                        .orElse(0));
    }

    // ---- the store's truth

    private boolean isSynchronous() {
        String value = world.store().committed(world.path().key(Key.CONFIG));
        if (value != null && !value.equals(seenConfig)) {
            seenConfig = value;
            synchronous = Json.parseObject(value)
                    .map(DynamicConfig::new)
                    .orElse(DynamicConfig.EMPTY)
                    .isSynchronous();
        }
        return synchronous;
    }

    private SyncState sync() {
        String value = world.store().committed(world.path().key(Key.SYNC));
        if (value == null) {
            return SyncState.EMPTY;
        }
        if (!value.equals(seenSync)) {
            seenSync = value;
            sync = SyncState.parse(value, Revision.NONE);
        }
        return sync;
    }

    private final class Seen implements Observed {
        private final Host host;

        Seen(Host host) {
            this.host = host;
        }

        @Override
        public String name() {
            return host.name();
        }

        @Override
        public PostgresHost postgres() {
            return host.postgres();
        }

        @Override
        public boolean holdsLock() {
            return host.leads() && !host.isAgentFrozen();
        }

        @Override
        public boolean leads() {
            return holdsLock()
                    && host.node()
                            .map(NodeControl::status)
                            .filter(status -> status.dynamic().memberLease() || fate.wasStoreWiped())
                            .filter(status -> status.role() == Role.REPLICA)
                            .isEmpty();
        }

        @Override
        public boolean knowsThatItIsPrimary() {
            return host.node()
                    .map(NodeControl::status)
                    .filter(status -> status.role() == Role.PRIMARY)
                    .flatMap(NodeStatus::snapshot)
                    .filter(last -> !last.inRecovery())
                    .isPresent();
        }

        @Override
        public boolean justThawed() {
            MonotonicTime thawed = fate.thawedAt(host);
            return thawed != null && world.scheduler().now().since(thawed).compareTo(THAW) < 0;
        }

        @Override
        public int promotionsInJournal() {
            return host.promotionsInJournal();
        }

        @Override
        public boolean isOfStandbyCluster() {
            return remote != null;
        }

        @Override
        public boolean neverPromoted() {
            return !fate.maySucceed(host);
        }
    }

    @Override
    public void close() {
        world.close();
    }
}
