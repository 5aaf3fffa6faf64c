package io.matriarch.store.zookeeper;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "zookeeper-heartbeat");
    private volatile Duration interval;

    Heartbeat(Requests requests, String node, Duration interval) {
        this.requests = requests;
        this.node = node;
        this.interval = interval;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void every(Duration newInterval) {
        interval = newInterval;
    }

    private void run() {
        try {
            do {
                beat();
            } while (!stopped.await(interval.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "heartbeat ends");
        }
    }

    private void beat() {
        try {
            requests.once(requests.deadline(), s -> s.exists(node));
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "ZooKeeper client", e);
        }
    }

    void stop() {
        stopped.countDown();
        thread.interrupt();
        try {
            thread.join(STOP_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
