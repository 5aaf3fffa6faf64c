package io.matriarch.agent.rest;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Host names to addresses with a limit on the wait. A lookup cannot be interrupted, and on a virtual thread it would
 * block the carrier: it runs on a daemon thread of its own, of which there are few.
 */
final class Resolver {

    private static final int PARALLEL = 8;
    private static final Semaphore RUNNING = new Semaphore(PARALLEL);

    private Resolver() {}

    static List<InetAddress> resolve(String host, Duration limit) throws UnknownHostException {
        if (!RUNNING.tryAcquire()) {
            throw new UnknownHostException(host + ": too many lookups are waiting for the name server");
        }
        var lookup = new FutureTask<>(() -> {
            try {
                return List.of(InetAddress.getAllByName(host));
            } finally {
                RUNNING.release();
            }
        });
        Thread.ofPlatform().daemon().name("rest-resolve").start(lookup);
        try {
            return lookup.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof UnknownHostException u ? u : new UnknownHostException(String.valueOf(e));
        } catch (TimeoutException _) {
            throw new UnknownHostException(host + ": the name server does not answer");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException(host + ": interrupted");
        }
    }
}
