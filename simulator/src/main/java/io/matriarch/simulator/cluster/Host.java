package io.matriarch.simulator.cluster;

import io.matriarch.agent.cycle.Node;
import io.matriarch.agent.cycle.PromiseRecord;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestResult;
import io.matriarch.model.DynamicConfig;
import io.matriarch.simulator.HostClock;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.postgres.PostgresHost;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A machine with a disk, a PostgreSQL server, a fence and an agent: what fate and people can do to it. The agent is a
 * program of its own; PostgreSQL and the fence go on when it dies.
 */
public final class Host {

    private static final long LONGEST_UPTIME_NANOS = 1L << 50;

    /** Shorter than that of the package, since a world does not last that long. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(90);

    private final World world;
    private NodeConfig config;
    private final HostClock clock;
    private final PostgresHost postgres;
    private final FenceTwin fence;
    private final WatchdogTwin watchdog;
    private final RandomGenerator lots;
    private @Nullable AgentRun agent;
    private int runs;
    private int promotionsInJournal;
    private boolean powered = true;
    private boolean frozen;
    /** {@code patroni.dynamic.json} in the data directory. */
    private @Nullable DynamicConfig keptConfig;
    /** The file beside the data directory. */
    private Duration promised = Duration.ZERO;

    Host(World world, NodeConfig config) {
        this.world = world;
        this.config = config;
        this.lots = world.scheduler().random("host " + config.name());
        this.clock = new HostClock(world.scheduler(), lots.nextLong(LONGEST_UPTIME_NANOS), 0);
        this.postgres = world.postgres().addHost(config.name(), clock::wallClock);
        this.fence = new FenceTwin(world.scheduler(), config.name(), clock, postgres);
        this.watchdog = new WatchdogTwin(world.scheduler(), this);
    }

    /** Its name: of the member, and of the endpoint in the network. */
    public String name() {
        return config.name();
    }

    public World world() {
        return world;
    }

    NodeConfig config() {
        return config;
    }

    public HostClock clock() {
        return clock;
    }

    public PostgresHost postgres() {
        return postgres;
    }

    public FenceTwin fence() {
        return fence;
    }

    WatchdogTwin watchdog() {
        return watchdog;
    }

    private Scheduler scheduler() {
        return world.scheduler();
    }

    private void note(String what) {
        scheduler().note(name(), what);
    }

    /** Somebody edits the file; the next start of the agent reads it. */
    public void configure(UnaryOperator<NodeConfig> different) {
        note("configuration changed");
        config = different.apply(config);
    }

    // ---- the agent

    /** Starts the agent, as a service manager would; nothing happens when it runs, or without power. */
    public void startAgent() {
        if (powered && !isAgentAlive()) {
            note("agent starts");
            var run = new AgentRun(this, scheduler().program(name()), ++runs);
            agent = run;
            if (frozen) {
                run.program().freeze();
            }
            run.start();
        }
    }

    public boolean isAgentAlive() {
        return agent != null && agent.program().isAlive();
    }

    /** Whether it stands still, with its host or alone. */
    public boolean isAgentFrozen() {
        return agent != null && agent.program().isFrozen();
    }

    /** What the agent shows of itself once its loop runs; empty before, and when it is dead. */
    public Optional<NodeControl> node() {
        Node node = isAgentAlive() && agent != null ? agent.node() : null;
        return Optional.ofNullable(node);
    }

    /** Whether its agent lives and believes that it holds the leader key. */
    public boolean leads() {
        Node node = isAgentAlive() && agent != null ? agent.node() : null;
        return node != null && node.leaderFlag().isLeader();
    }

    /** Whether its agent saw, when it last looked, that the server streams from its upstream. */
    public boolean isStreaming() {
        return node().flatMap(node -> node.status().snapshot())
                .filter(s -> "streaming".equals(s.walReceiverState()))
                .isPresent();
    }

    /** The exit code of the last run of the agent that ended by itself; empty: it runs, or was killed. */
    public Optional<Integer> exitCode() {
        return agent == null ? Optional.empty() : agent.exitCode();
    }

    /** SIGKILL to the agent. PostgreSQL and fence go on. */
    public void killAgent() {
        if (isAgentAlive() && agent != null) {
            note("agent killed");
            agent.program().kill();
        }
    }

    /**
     * SIGTERM to the agent: it ends in an orderly way, with PostgreSQL unless the cluster is paused. A service manager does not
     * wait for ever.
     */
    public void stopAgent() {
        if (agent != null) {
            Node node = agent.node();
            note("agent is to stop");
            if (node == null) {
                agent.program().kill();
            } else {
                agent.program().after(Duration.ZERO, "SIGTERM", node::requestStop);
                AgentRun stopping = agent;
                scheduler().after(STOP_LIMIT, "service manager", () -> {
                    if (agent == stopping) {
                        killAgent();
                    }
                });
            }
        }
    }

    /** SIGSTOP to the agent alone. */
    public void freezeAgent() {
        if (isAgentAlive() && agent != null) {
            note("agent frozen");
            agent.program().freeze();
        }
    }

    public void thawAgent() {
        if (isAgentAlive() && agent != null && !frozen) {
            note("agent thawed");
            agent.program().thaw();
        }
    }

    /** A REST request that arrives at this host; answered when somebody listens, refused when nobody does. */
    void request(RestCall call, Consumer<RestResult> reply) {
        if (isAgentAlive() && agent != null) {
            agent.request(call, result -> {
                world.answered(this, call, result);
                reply.accept(result);
            });
        } else {
            reply.accept(new RestResult.Failed("Connection refused", false));
        }
    }

    // ---- the machine

    public boolean isPowered() {
        return powered;
    }

    public boolean isFrozen() {
        return frozen;
    }

    /** Everything that runs is gone, and what was not flushed too. */
    public void losePower() {
        if (powered) {
            note("power lost");
            powered = false;
            frozen = false;
            killProgram();
            fence.kill();
            watchdog.reset();
            postgres.losePower();
            world.network().down(name(), true);
        }
    }

    private void killProgram() {
        if (agent != null) {
            agent.program().kill();
        }
    }

    /** Boots; the agent is started by whoever calls this. */
    public void restorePower() {
        if (!powered) {
            note("power restored");
            powered = true;
            postgres.restorePower();
            world.network().down(name(), false);
        }
    }

    /** An empty disk takes the place of the old one; only without power. */
    public void loseDisk() {
        note("disk lost");
        postgres.loseDisk();
        keptConfig = null;
        promised = Duration.ZERO;
    }

    /** Everything stands still, clocks excepted; others notice that nothing answers. */
    public void freeze() {
        if (powered && !frozen) {
            note("host frozen");
            frozen = true;
            if (agent != null) {
                agent.program().freeze();
            }
            fence.freeze();
            postgres.freezeHost();
            world.network().down(name(), true);
        }
    }

    public void thaw() {
        if (frozen) {
            note("host thawed");
            frozen = false;
            world.network().down(name(), false);
            postgres.thawHost();
            fence.thaw();
            if (agent != null) {
                agent.program().thaw();
            }
        }
    }

    /** The wall clock jumps. */
    public void stepWallClock(Duration step) {
        note("wall clock steps by " + step);
        clock.stepWallClock(step);
    }

    // ---- files

    /** An agent here writes into its journal that it promotes the server, and why. */
    void journalPromotion() {
        promotionsInJournal++;
    }

    /** How often one did. */
    public int promotionsInJournal() {
        return promotionsInJournal;
    }

    PromiseRecord promises() {
        return new PromiseRecord() {
            @Override
            public Duration longest() {
                return promised;
            }

            @Override
            public boolean covers(Duration length) {
                promised = promised.compareTo(length) < 0 ? length : promised;
                return true;
            }
        };
    }

    Optional<DynamicConfig> keptConfig() {
        return postgres.controlData().isEmpty() ? Optional.empty() : Optional.ofNullable(keptConfig);
    }

    void keepConfig(DynamicConfig kept) {
        keptConfig = kept;
    }
}
