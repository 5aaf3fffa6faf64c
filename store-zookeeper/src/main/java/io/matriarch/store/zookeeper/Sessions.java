package io.matriarch.store.zookeeper;

import io.matriarch.model.TimeSource;
import io.matriarch.store.StoreUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.Lock;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.jspecify.annotations.Nullable;

/** The session in use, and its successor when it expired or when its time-out is to change. */
final class Sessions {

    private static final Logger LOG = System.getLogger("patroni.dcs.zookeeper");

    /** Between a session that ended and the next one, so that refused credentials do not turn into a flood. */
    private static final Duration REST = Duration.ofMillis(200);

    /** Hears of the states of the session in use, on its event thread. */
    interface StateListener {
        void changed(ZooKeeperSession session, KeeperState state);
    }

    private final ZooKeeperSettings settings;
    private final ZooKeeperPorts ports;
    private final TimeSource time;
    /** Guards what follows; held while a session is given up, which may take its time. */
    private final Lock lock;

    private final ZooKeeperSession.WriteObserver writes;
    private final StateListener listener;
    private Duration timeout;
    private @Nullable ZooKeeperSession session;
    private boolean closed;

    Sessions(
            ZooKeeperSettings settings,
            Duration timeout,
            ZooKeeperPorts ports,
            TimeSource time,
            ZooKeeperSession.WriteObserver writes,
            StateListener listener) {
        this.settings = settings;
        this.timeout = timeout;
        this.ports = ports;
        this.lock = ports.threads().newLock();
        this.time = time;
        this.writes = writes;
        this.listener = listener;
    }

    /** The session in use, whether connected or not; a new one after expiry. */
    ZooKeeperSession current() throws StoreUnavailableException {
        lock.lock();
        try {
            if (closed) {
                throw new StoreUnavailableException("the connection to ZooKeeper was closed");
            }
            ZooKeeperSession present = session;
            if (present == null || present.isEnded()) {
                if (present != null) {
                    LOG.log(Level.WARNING, "The ZooKeeper session is over; opening a new one");
                    present.abandon();
                }
                present = open();
                session = present;
            }
            return present;
        } finally {
            lock.unlock();
        }
    }

    private ZooKeeperSession open() {
        try {
            return new ZooKeeperSession(settings, timeout, ports, time, writes, this::onState);
        } catch (IOException e) {
            throw new UncheckedIOException("ZooKeeper client", e);
        }
    }

    /** Passes on what the session in use tells; the lock also keeps early news back until the session is built. */
    private void onState(ZooKeeperSession source, KeeperState state) {
        lock.lock();
        try {
            if (source != session) {
                return;
            }
        } finally {
            lock.unlock();
        }
        listener.changed(source, state);
    }

    /** The session in use once it is connected. */
    ZooKeeperSession connected(Deadline deadline) throws StoreUnavailableException {
        try {
            do {
                ZooKeeperSession present = current();
                if (present.awaitConnected(deadline)) {
                    return present;
                }
                if (present.isEnded()) {
                    time.sleep(REST);
                }
            } while (!deadline.isOver());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("interrupted", e);
        }
        throw new StoreUnavailableException("no connection to ZooKeeper at " + settings.connectString());
    }

    /**
     * Takes over another time-out, which ZooKeeper can only give to a new session. The old one runs out by itself: what
     * it holds is taken over by the new one when it is written next.
     */
    void changeTimeout(Duration newTimeout) {
        lock.lock();
        try {
            if (newTimeout.equals(timeout)) {
                return;
            }
            timeout = newTimeout;
            ZooKeeperSession old = session;
            session = null;
            if (old != null) {
                old.abandon();
            }
        } finally {
            lock.unlock();
        }
    }

    /** @param giveUp whether to end the session on the server too */
    void close(boolean giveUp) {
        lock.lock();
        try {
            closed = true;
            ZooKeeperSession old = session;
            session = null;
            if (old != null && giveUp) {
                old.close();
            } else if (old != null) {
                old.abandon();
            }
        } finally {
            lock.unlock();
        }
    }
}
