package io.matriarch.simulator.clients;

import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Program;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.postgres.PostgresHost;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A program that reads from any node: mostly by way of a load balancer, which asks the agents for a primary or a replica, now and then
 * from one of its own choice.
 */
public final class Reader {

    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final int OK = 200;

    private final Scheduler scheduler;
    private final Network network;
    private final Program program;
    private final String address;
    private final List<PostgresHost> hosts;
    private final RestCaller balancer;
    private final Consumer<PostgresHost> reads;
    private final RandomGenerator lots;

    /**
     * A reader that does nothing yet.
     *
     * @param address where it and the load balancer sit
     * @param balancer calls from there
     * @param reads told at the moment in which a server that answers is read from
     */
    public Reader(
            Scheduler scheduler,
            Network network,
            String address,
            List<PostgresHost> hosts,
            RestCaller balancer,
            Consumer<PostgresHost> reads) {
        this.scheduler = scheduler;
        this.network = network;
        this.program = scheduler.program(address);
        this.address = address;
        this.hosts = List.copyOf(hosts);
        this.balancer = balancer;
        this.reads = reads;
        this.lots = scheduler.random(address);
    }

    public void start() {
        Duration pause = SHORTEST_PAUSE.plusNanos(
                lots.nextLong(LONGEST_PAUSE.minus(SHORTEST_PAUSE).toNanos()));
        scheduler.after(pause, address, () -> program.start("read", this::act));
    }

    private void act() {
        PostgresHost host = hosts.get(lots.nextInt(hosts.size()));
        String role = lots.nextBoolean() ? "primary" : "replica";
        RestResult health = balancer.send(RestCall.get("http://" + host.address() + ":8008/" + role, PATIENCE));
        boolean fits = health instanceof RestResult.Answer(int status, var _, var _) && status == OK;
        if (fits || lots.nextInt(4) == 0) {
            read(host);
        }
        start();
    }

    private void read(PostgresHost host) {
        network.<Boolean>call(address, host.address(), "SELECT", answer -> {
                    if (host.isAccepting()) {
                        reads.accept(host);
                        answer.accept(true);
                    }
                })
                .await(PATIENCE);
    }
}
