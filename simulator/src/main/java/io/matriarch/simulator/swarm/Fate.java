package io.matriarch.simulator.swarm;

import com.google.gson.JsonObject;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestResult;
import io.matriarch.model.Electorate;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.StoreTwin;
import io.matriarch.simulator.cluster.Host;
import io.matriarch.simulator.cluster.SimulatedRestClient;
import io.matriarch.simulator.cluster.World;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes faults happen, and mends them. Also the operators: they ask by REST, like people. */
final class Fate {

    private static final String OPERATOR = "operator";
    private static final Duration REQUEST_LIMIT = Duration.ofSeconds(30);
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final Duration USUAL_COMMIT = Duration.ofMillis(5);

    private static final Comparator<Host> MOST_WAL = Comparator.<Host, Integer>comparing(
                    host -> host.postgres().timeline())
            .thenComparing(host -> host.postgres().endOfWal());

    private final World world;
    private final List<Host> hosts;
    private final Program operator;
    private final SimulatedRestClient rest;
    private final Supplier<SyncState> promised;
    /** Whether its tags let a host succeed another one. */
    private final Predicate<Host> maySucceed;
    /** Whose tags an operator took away. */
    private final Set<Host> freed = new HashSet<>();

    private final Set<Host> heldDown = new HashSet<>();
    /** Not there yet, or removed. */
    private final Set<Host> absent = new LinkedHashSet<>();

    private final Set<Host> frozenAgents = new HashSet<>();
    private final Map<Host, MonotonicTime> thawed = new HashMap<>();
    /** How often operators have wanted a value for a key of the configuration. */
    private final Map<String, Integer> wishes = new HashMap<>();

    private int pending;
    private boolean relented;
    private boolean paused;
    private boolean lostData;
    /** The store's data were lost, at whatever time. */
    private boolean wiped;
    /** Who is to fill an empty store; null: nobody was chosen. */
    private @Nullable Host beginner;

    /**
     * Of a world whose hosts are there.
     *
     * @param promised names that the store's sync key holds
     * @param tagged whether a host's tags let it succeed another one
     * @param present how many hosts are there from the beginning; the others may be added
     */
    Fate(World world, Supplier<SyncState> promised, Predicate<Host> tagged, int present) {
        this.world = world;
        this.promised = promised;
        this.maySucceed = host -> tagged.test(host) || freed.contains(host);
        this.hosts = List.copyOf(world.hosts());
        absent.addAll(hosts.subList(present, hosts.size()));
        this.operator = world.scheduler().program(OPERATOR);
        this.rest = new SimulatedRestClient(world, OPERATOR);
    }

    // ---- what others must know

    /**
     * Whether nobody starts this host's agent. With an empty store it would begin a new cluster, or go on with old data; so an operator
     * decides who begins, unless it is the primary, whose server still runs.
     */
    boolean holdsDown(Host host) {
        return heldDown.contains(host)
                || absent.contains(host)
                || (wiped && isStoreEmpty() && !host.postgres().isPrimary() && host != beginner);
    }

    /** Neither primary nor fed by one: such a node has no part in the cluster, and would begin one of its own. */
    private static boolean isLost(Host host) {
        return !host.postgres().isPrimary() && !host.isStreaming();
    }

    private boolean isStoreEmpty() {
        return world.store().committed(world.path().key(Key.CONFIG)) == null;
    }

    /** Whether it belongs to the cluster. */
    boolean isPresent(Host host) {
        return !absent.contains(host);
    }

    /** Whether a host may become primary in place of another one. */
    boolean maySucceed(Host host) {
        return maySucceed.test(host);
    }

    /** Whether the store's data were lost up to now. */
    boolean wasStoreWiped() {
        return wiped;
    }

    /** When the host stood still for the last time; null: never. */
    @Nullable
    MonotonicTime thawedAt(Host host) {
        return thawed.get(host);
    }

    /** Whether an operator has ever paused the cluster: then nobody promises that there is one primary only. */
    boolean wasPaused() {
        return paused;
    }

    /** Whether a disk was lost, or synchronous mode was switched off for a while. */
    boolean mayHaveLostData() {
        return lostData;
    }

    /** Whether everything is mended. */
    boolean isOver() {
        return pending == 0;
    }

    /** No fault begins any more. A pause may have overtaken its own end on the way to the store. */
    void relent() {
        relented = true;
        endPause();
    }

    private void endPause() {
        if (paused) {
            resume(hosts.getFirst());
        }
    }

    /**
     * In pause no fence guards a server. Where the agent of one stands still when the pause ends, others lead beside it until it goes on,
     * and what it acknowledges meanwhile was promised by nobody.
     */
    private void resume(Host by) {
        lostData |= frozenAgents.stream().anyMatch(host -> host.postgres().isWritable());
        configure(by, "pause", "{\"pause\": null}");
    }

    /**
     * What is left to an operator: a pause that was asked of an agent that was frozen then is ended, backends that do not end are
     * killed, and members that cannot stream, for the WAL they need is gone everywhere, are made anew.
     */
    void helpOut() {
        world.scheduler().note(OPERATOR, "helps out");
        endPause();
        boolean someHung = hosts.stream().anyMatch(host -> host.postgres().isBackendStuck());
        hosts.forEach(host -> host.postgres().stickBackend(false));
        if (someHung) {
            return; // whom that kept from leading is to be given the chance first
        }
        if (wiped && isStoreEmpty() && beginner == null) {
            beginner = hosts.stream()
                    .filter(host -> isPresent(host) && host.postgres().hasWholeData())
                    .max(MOST_WAL)
                    .orElse(null);
            if (beginner != null && beginner.isAgentAlive()) {
                nameLeader(); // it knows the cluster, and waits for the one that is not to start before it
            }
            return;
        }
        if (world.store().committed(world.path().leader()) == null) {
            nameLeader();
            return;
        }
        for (Host host : hosts) {
            if (isPresent(host) && !host.postgres().isWritable() && !host.isStreaming()) {
                ask(host, "POST", "/reinitialize", "{\"force\": true}");
            }
        }
    }

    /**
     * Nobody leads and nobody may: whoever led is gone with its disk, and all others are further behind than a failover
     * without a person may lose, or must not lead. The operator decides for one that the sync key names, else for that which
     * has most, and takes its tags away; nobody leads by consent any more, so the failsafe map does not bind him.
     */
    private void nameLeader() {
        forgetLostElectorate();
        if (world.store().committed(world.path().key(Key.CONFIG)) == null) {
            delete(Key.FAILSAFE);
        } else {
            configure(hosts.getFirst(), "failsafe_mode", "{\"failsafe_mode\": false}");
        }
        hosts.stream()
                .filter(host -> host.postgres().isAccepting())
                .max(Comparator.<Host, Boolean>comparing(host -> promised.get().isMember(host.name()))
                        .thenComparing(MOST_WAL))
                .ifPresent(host -> {
                    if (maySucceed.test(host)) {
                        ask(host, "POST", "/failover", "{\"candidate\": \"" + host.name() + "\"}");
                    } else if (freed.add(host)) {
                        host.configure(config -> config.with("tags", new JsonObject()));
                        host.killAgent();
                    }
                });
    }

    /** As the refusal says (decision 0016): who led by promises does not run, and none who gave them can lead. */
    private void forgetLostElectorate() {
        String value = world.store().committed(world.path().key(Key.ELECTORATE));
        if (value == null) {
            return;
        }
        Electorate electorate = Electorate.parse(value, Revision.NONE);
        if (electorate.isInForce()
                && !isPresent(world.host(electorate.leader()))
                && electorate.members().stream()
                        .map(world::host)
                        .noneMatch(
                                member -> isPresent(member) && member.postgres().isAccepting())) {
            delete(Key.ELECTORATE);
        }
    }

    private void delete(Key key) {
        String path = world.path().key(key);
        if (!world.store().remove(path)) {
            world.scheduler().note(OPERATOR, "could not delete " + path);
        }
    }

    // ---- faults

    void strike(Fault fault) {
        Host host = target(fault);
        if (host == null || relented || !isPresent(host)) {
            return;
        }
        world.scheduler().note("fate", fault.kind() + " at " + host.name() + " for " + fault.lasts());
        switch (fault.kind()) {
            case KILL_AGENT -> {
                host.killAgent();
                keepDown(host, fault);
            }
            case KILL_POSTGRES -> host.postgres().kill();
            case KILL_BOTH -> {
                host.killAgent();
                host.postgres().kill();
                keepDown(host, fault);
            }
            case CRASH_BACKEND -> host.postgres().crashBackend();
            case STOP_AGENT -> {
                host.stopAgent();
                keepDown(host, fault);
            }
            case LOSE_POWER -> losePower(host, fault, false);
            case LOSE_DISK -> losePower(host, fault, true);
            case FREEZE_AGENT -> {
                host.freezeAgent();
                frozenAgents.add(host);
                later(fault, () -> {
                    frozenAgents.remove(host);
                    host.thawAgent();
                });
            }
            case FREEZE_POSTGRES -> {
                host.postgres().freeze();
                later(fault, host.postgres()::thaw);
            }
            case FREEZE_HOST -> {
                host.freeze();
                later(fault, () -> {
                    if (host.isFrozen()) {
                        thawed.put(host, world.scheduler().now());
                        host.thaw();
                        if (frozenAgents.contains(host)) {
                            host.freezeAgent();
                        }
                    }
                });
            }
            case CUT_FROM_STORE -> cut(fault, host, storeNames());
            case CUT_FROM_HOSTS -> cut(fault, host, hostNames(host));
            case CUT_FROM_ALL -> {
                var all = new ArrayList<>(storeNames());
                all.addAll(hostNames(host));
                cut(fault, host, all);
            }
            case CUT_ONE_WAY -> cutOneWay(fault, host);
            case LOSSY_LINKS -> {
                world.network().loss(0.05 + Math.floorMod(fault.lot(), 40L) / 100.0);
                later(fault, () -> world.network().loss(0));
            }
            case STORE_DOWN -> {
                world.store().members().forEach(StoreTwin.Member::crash);
                later(fault, () -> world.store().members().forEach(StoreTwin.Member::restart));
            }
            case STORE_MEMBER_DOWN -> {
                StoreTwin.Member member = storeMember(fault);
                member.crash();
                later(fault, member::restart);
            }
            case STORE_WITHOUT_LEADER -> world.store().deposeLeader();
            case STORE_SLOW -> {
                world.store().commitTime(USUAL_COMMIT, Duration.ofMillis(50 + Math.floorMod(fault.lot(), 4_000L)));
                later(fault, () -> world.store().commitTime(Duration.ofNanos(500_000), USUAL_COMMIT));
            }
            case STORE_STALE_MEMBER -> {
                StoreTwin.Member member = storeMember(fault);
                member.lag(fault.lasts());
                later(fault, () -> member.lag(Duration.ZERO));
            }
            case SILENT_WATCHES -> storeMember(fault).disturbWatches(fault.lot() >> 8);
            case STEP_WALL_CLOCK -> host.stepWallClock(Duration.ofMillis(fault.lot() % 120_000));
            case SLOW_DISK -> {
                host.postgres().slowDisk(Duration.ofMillis(1 + Math.floorMod(fault.lot(), 1_000L)));
                later(fault, () -> host.postgres().slowDisk(Duration.ZERO));
            }
            case SLOW_QUERIES -> {
                host.postgres().slowQueries(Duration.ofMillis(1 + Math.floorMod(fault.lot(), 5_000L)));
                later(fault, () -> host.postgres().slowQueries(Duration.ZERO));
            }
            case STUCK_BACKEND -> {
                host.postgres().stickBackend(true);
                later(fault, () -> host.postgres().stickBackend(false));
            }
            case STUCK_ARCHIVER -> {
                host.postgres().stickArchiver(true);
                later(fault, () -> host.postgres().stickArchiver(false));
            }
            case FULL_DISK -> {
                host.postgres().fillDisk();
                later(fault, host.postgres()::emptyDiskAgain);
            }
            case PAUSE_REPLAY -> {
                host.postgres().pauseReplay();
                later(fault, host.postgres()::resumeReplay);
            }
            case SWITCHOVER -> ask(host, "POST", "/switchover", "{\"leader\": \"" + host.name() + "\"}");
            case RESTART -> ask(host, "POST", "/restart", "{}");
            case REINITIALIZE -> {
                if (othersHaveData(host)) {
                    ask(host, "POST", "/reinitialize", "{\"force\": true}");
                }
            }
            case PAUSE -> {
                paused = true;
                configure(host, "pause", "{\"pause\": true}");
                later(fault, () -> resume(host));
            }
            case CHANGE_SYNCHRONOUS_MODE -> {
                lostData = true;
                String mode = List.of("true", "false", "\"quorum\"").get((int) Math.floorMod(fault.lot(), 3L));
                configure(host, "synchronous_mode", "{\"synchronous_mode\": " + mode + "}");
            }
            case CHANGE_TIMING -> {
                var times = new JsonObject();
                Plan.times(times, fault.lot());
                configure(host, "ttl", Json.compact(times));
            }
            case ADD_NODE -> addNode(fault);
            case REMOVE_NODE -> removeNode(host, fault);
            case FAIL_PRE_PROMOTE -> {
                host.postgres().failPrePromote(true);
                later(fault, () -> host.postgres().failPrePromote(false));
            }
            case WIPE_STORE -> {
                lostData = true;
                wiped = true;
                world.store().wipe();
                hosts.stream().filter(Fate::isLost).forEach(Host::killAgent);
            }
        }
    }

    private @Nullable Host target(Fault fault) {
        if (fault.target() != Fault.PRIMARY) {
            return hosts.get(fault.target());
        }
        return hosts.stream()
                .filter(host -> host.postgres().isWritable())
                .findFirst()
                // the leader of a standby cluster is no primary
                .or(() -> hosts.stream().filter(Host::leads).findFirst())
                .orElse(null);
    }

    private void later(Fault fault, Runnable mend) {
        pending++;
        world.scheduler().after(fault.lasts(), "end of " + fault.kind(), () -> {
            pending--;
            world.scheduler().note("fate", "end of " + fault.kind());
            mend.run();
        });
    }

    private void keepDown(Host host, Fault fault) {
        heldDown.add(host);
        later(fault, () -> heldDown.remove(host));
    }

    /**
     * A disk is lost only while another host has the data, and not when the store promises that it holds every commit:
     * nobody could do anything about that loss but stand still.
     */
    private void losePower(Host host, Fault fault, boolean withDisk) {
        if (withDisk && !isDispensable(host)) {
            return;
        }
        frozenAgents.remove(host);
        host.losePower();
        if (withDisk) {
            lostData = true;
            host.loseDisk();
        }
        later(fault, host::restorePower);
    }

    private boolean isDispensable(Host host) {
        return othersHaveData(host) && !promised.get().isMember(host.name());
    }

    /** Somebody else can go on, and stays. */
    private boolean othersHaveData(Host host) {
        return hosts.stream()
                .anyMatch(h -> h != host
                        && isPresent(h)
                        && h.isPowered()
                        && maySucceed.test(h)
                        && h.node().isPresent()
                        && h.postgres().isAccepting());
    }

    private void addNode(Fault fault) {
        if (absent.isEmpty()) {
            return;
        }
        Host host = List.copyOf(absent).get((int) Math.floorMod(fault.lot(), (long) absent.size()));
        world.scheduler().note("fate", host.name() + " is added");
        host.restorePower();
        absent.remove(host);
    }

    /** Two stay at least: a strict synchronous mode would rightly let no commit go with one. */
    private void removeNode(Host host, Fault fault) {
        if (hosts.size() - absent.size() <= 2 || !isDispensable(host)) {
            return;
        }
        absent.add(host);
        host.stopAgent();
        later(fault, () -> {
            if (!isPresent(host)) {
                host.losePower();
            }
        });
    }

    // ---- links and store

    private List<String> storeNames() {
        return world.store().members().stream().map(StoreTwin.Member::name).toList();
    }

    private List<String> hostNames(Host but) {
        var names = new ArrayList<>(
                hosts.stream().filter(h -> h != but).map(Host::name).toList());
        if (world.hasHost(Plan.REMOTE)) {
            names.add(Plan.REMOTE);
        }
        return names;
    }

    private StoreTwin.Member storeMember(Fault fault) {
        List<StoreTwin.Member> members = List.copyOf(world.store().members());
        return members.get((int) Math.floorMod(fault.lot(), (long) members.size()));
    }

    private void cut(Fault fault, Host host, List<String> others) {
        others.forEach(other -> world.network().part(host.name(), other));
        later(fault, () -> others.forEach(other -> world.network().join(host.name(), other)));
    }

    private void cutOneWay(Fault fault, Host host) {
        boolean toStore = fault.lot() % 2 == 0;
        boolean outwards = fault.lot() / 2 % 2 == 0;
        List<String> others = toStore ? storeNames() : hostNames(host);
        BiConsumer<String, String> cut = world.network()::cut;
        BiConsumer<String, String> heal = world.network()::heal;
        others.forEach(other -> direct(cut, host.name(), other, outwards));
        later(fault, () -> others.forEach(other -> direct(heal, host.name(), other, outwards)));
    }

    private static void direct(BiConsumer<String, String> action, String host, String other, boolean outwards) {
        action.accept(outwards ? host : other, outwards ? other : host);
    }

    // ---- operators

    private void ask(Host host, String method, String path, String body) {
        operator.start(path, () -> send(host, method, path, body));
    }

    private RestResult send(Host host, String method, String path, String body) {
        RestResult result =
                rest.send(new RestCall(method, "http://" + host.name() + ":8008" + path, body, REQUEST_LIMIT));
        world.scheduler().note(OPERATOR, method + " " + path + " " + body + " at " + host.name() + ": " + result);
        return result;
    }

    /**
     * Whoever changes the configuration tries it at one host after the other until it is done, or until somebody wants another
     * value for {@code key}.
     */
    private void configure(Host first, String key, String patch) {
        pending++;
        int mine = wishes.merge(key, 1, Integer::sum);
        operator.start("configure", () -> {
            int next = hosts.indexOf(first);
            while (mine == wishes.getOrDefault(key, 0)
                    && !(send(hosts.get(next % hosts.size()), "PATCH", "/config", patch)
                                    instanceof RestResult.Answer(int status, var _, var _)
                            && status == 200)) {
                next++;
                hosts.getFirst().clock().sleep(AGAIN);
            }
            pending--;
        });
    }
}
