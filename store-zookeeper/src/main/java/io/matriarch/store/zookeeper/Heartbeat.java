package io.matriarch.store.zookeeper;

import io.matriarch.model.Bell;
import io.matriarch.model.Threads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Asks the server for something small at short intervals, on a thread of its own. Each answer is a fresh
 * {@link Touches touch} for the next renewal to count from; a server that stops answering is left early; and an expired
 * session is followed by a new one although nobody asks for anything.
 */
final class Heartbeat {

    private static final Logger LOG = System.getLogger("patroni.dcs.zookeeper");
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final Requests requests;
    private final String node;
    private final Threads threads;
    private final Bell stop;
    private final Bell ended;
    private volatile boolean stopping;
    private volatile Duration interval;

    Heartbeat(Requests requests, String node, Threads threads, Duration interval) {
        this.requests = requests;
        this.node = node;
        this.threads = threads;
        this.stop = threads.newBell();
        this.ended = threads.newBell();
        this.interval = interval;
    }

    void start() {
        threads.start("zookeeper-heartbeat", this::run);
    }

    void every(Duration newInterval) {
        interval = newInterval;
    }

    private void run() {
        try {
            while (!stopping) {
                beat();
                stop.await(interval);
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "heartbeat ends");
        }
        ended.ring();
    }

    private void beat() {
        try {
            requests.once(requests.deadline(), s -> s.exists(node));
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "ZooKeeper client", e);
        }
    }

    void stop() {
        stopping = true;
        stop.ring();
        try {
            ended.await(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
