package io.matriarch.postgres;

import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LocalFacts.WalSender;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Notices within a moment that a walsender has ended whose standby commits wait for: until the cycle takes that standby off
 * the list, they hang. The kernel ends the connection of a standby that was killed at once, and with it the walsender.
 *
 * <p>It looks whether the process is there, ten times a second while there is one to look for, on a thread of its own.
 * Rejected: asking {@code pg_stat_replication} each second, which costs a query and a second; and waiting for PostgreSQL to
 * tell, which tells nobody but its log.
 */
final class WalsenderWatch implements AutoCloseable {

    private static final long POLL_MILLIS = 100;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    /** Guarded by this object. */
    private Set<Long> watched = Set.of();

    private boolean closed;
    private @Nullable Thread thread;

    /** Told on the watching thread. */
    void onEnd(Runnable listener) {
        listeners.add(listener);
    }

    /** From now on the walsenders of this snapshot count. */
    synchronized void watch(Snapshot snapshot) {
        watched = snapshot.walSenders().stream()
                .filter(w -> w.pid() != 0
                        && !w.syncState().isEmpty()
                        && !w.syncState().equals("async"))
                .map(WalSender::pid)
                .collect(Collectors.toUnmodifiableSet());
        if (!watched.isEmpty()) {
            if (thread == null) {
                thread = Thread.ofPlatform().daemon().name("walsender watch").start(this::run);
            }
            notifyAll();
        }
    }

    private void run() {
        try {
            while (awaitWork()) {
                if (look()) {
                    listeners.forEach(Runnable::run);
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    /** False when it is over. */
    private synchronized boolean awaitWork() throws InterruptedException {
        while (watched.isEmpty() && !closed) {
            wait();
        }
        return !closed;
    }

    /** Whether one is gone; it is told of once. */
    private synchronized boolean look() {
        var living = new HashSet<Long>();
        for (long pid : watched) {
            if (Files.exists(ProcessTable.statFile(pid))) {
                living.add(pid);
            }
        }
        boolean ended = living.size() < watched.size();
        watched = living;
        return ended;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
