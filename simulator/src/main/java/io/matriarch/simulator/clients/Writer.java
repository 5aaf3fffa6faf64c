package io.matriarch.simulator.clients;

import io.matriarch.simulator.Network;
import io.matriarch.simulator.Scheduler;
import io.matriarch.simulator.clients.Ledger.Acknowledged;
import io.matriarch.simulator.postgres.Commit;
import io.matriarch.simulator.postgres.PostgresHost;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A program that writes one row after the other over a connection string with all hosts and
 * {@code target_session_attrs=read-write}: it tries them in turn, stays with the one that takes writes, and goes on to
 * the next when that one refuses, breaks or stays silent.
 */
public final class Writer {

    /**
     * What it is like.
     *
     * @param pause the longest time between two rows
     * @param connectLimit {@code connect_timeout}
     * @param patience how long it waits for COMMIT; then it cancels, and a little later it gives up
     */
    public record Habits(Duration pause, Duration connectLimit, Duration patience) {

        private static final Duration SHORTEST_PAUSE = Duration.ofMillis(400);
        private static final int DOUBLINGS = 5;

        /** Some are busy, others write now and then: a world of busy ones alone spends its time on their rows. */
        public static Habits drawn(RandomGenerator lots) {
            Duration pause = SHORTEST_PAUSE.multipliedBy(1L << lots.nextInt(DOUBLINGS));
            return new Habits(pause, Duration.ofSeconds(2), Duration.ofSeconds(10));
        }
    }

    /** After a refusal or a failed connection, before the next host. */
    private static final Duration NEXT_HOST = Duration.ofMillis(20);

    private static final Duration AFTER_CANCEL = Duration.ofSeconds(2);

    private final Scheduler scheduler;
    private final Network network;
    private final String address;
    private final List<PostgresHost> hosts;
    private final Ledger ledger;
    private final Habits habits;
    private final RandomGenerator lots;
    private int current;
    private boolean connected;
    private boolean stopped;
    /** Counts connections and transactions: what belongs to an earlier one is not listened to any more. */
    private long turn;

    public Writer(
            Scheduler scheduler,
            Network network,
            String address,
            List<PostgresHost> hosts,
            Ledger ledger,
            Habits habits) {
        this.scheduler = scheduler;
        this.network = network;
        this.address = address;
        this.hosts = List.copyOf(hosts);
        this.ledger = ledger;
        this.habits = habits;
        this.lots = scheduler.random(address);
    }

    public void start() {
        scheduler.after(pause(), address, this::act);
    }

    /** Begins nothing any more; what is under way ends. */
    public void stop() {
        stopped = true;
    }

    private Duration pause() {
        return Duration.ofNanos(lots.nextLong(habits.pause().toNanos()));
    }

    private void act() {
        if (stopped) {
            return;
        }
        if (connected) {
            write();
        } else {
            connect();
        }
    }

    private void connect() {
        long mine = ++turn;
        PostgresHost host = hosts.get(current);
        network.send(address, host.address(), "connect", () -> {
            boolean writable = host.isWritable();
            if (host.isAccepting()) {
                network.send(host.address(), address, "connected", () -> {
                    if (turn == mine) {
                        connected = writable;
                        next(writable ? Duration.ZERO : NEXT_HOST, !writable);
                    }
                });
            } else if (host.postmaster() == null) {
                network.send(host.address(), address, "connection refused", () -> {
                    if (turn == mine) {
                        next(NEXT_HOST, true);
                    }
                });
            }
        });
        scheduler.after(habits.connectLimit(), address + " connect_timeout", () -> {
            if (turn == mine) {
                next(NEXT_HOST, true);
            }
        });
    }

    private void next(Duration pause, boolean otherHost) {
        turn++;
        if (otherHost) {
            connected = false;
            current = (current + 1) % hosts.size();
        }
        scheduler.after(pause, address, this::act);
    }

    private void write() {
        new Transaction(++turn, hosts.get(current)).begin();
    }

    /** One COMMIT and the wait for its outcome. */
    private final class Transaction {

        private final long mine;
        private final PostgresHost host;
        private final long row = ledger.nextRow();
        private @Nullable Commit commit;
        private boolean acknowledged;

        Transaction(long mine, PostgresHost host) {
            this.mine = mine;
            this.host = host;
        }

        void begin() {
            network.send(address, host.address(), "COMMIT", () -> {
                if (turn == mine) {
                    commit = host.commit(row, this::decided);
                    if (acknowledged) {
                        record();
                    }
                }
            });
            scheduler.after(habits.patience(), address + " patience", () -> {
                if (turn == mine) {
                    cancel();
                }
            });
        }

        /** On the server. */
        private void decided(Commit.Outcome outcome) {
            if (outcome == Commit.Outcome.ACKNOWLEDGED) {
                acknowledged = true;
                if (commit != null) {
                    record();
                }
            }
            network.send(host.address(), address, "outcome", () -> {
                if (turn == mine) {
                    told(outcome);
                }
            });
        }

        private void record() {
            if (commit != null) {
                ledger.acknowledged(new Acknowledged(commit, host, scheduler.now()));
            }
        }

        private void told(Commit.Outcome outcome) {
            switch (outcome) {
                case ACKNOWLEDGED, CANCELLED -> next(pause(), false);
                case REFUSED -> {
                    ledger.refused();
                    next(NEXT_HOST, true);
                }
                case UNKNOWN -> {
                    ledger.uncertain();
                    next(NEXT_HOST, true);
                }
            }
        }

        private void cancel() {
            network.send(address, host.address(), "cancel request", () -> {
                if (commit != null) {
                    commit.cancel();
                }
            });
            scheduler.after(AFTER_CANCEL, address + " gives up", () -> {
                if (turn == mine) {
                    ledger.uncertain();
                    next(NEXT_HOST, true);
                }
            });
        }
    }
}
