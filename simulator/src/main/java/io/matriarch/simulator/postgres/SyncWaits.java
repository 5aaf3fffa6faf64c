package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Commits that wait for standbys (PostgreSQL source, {@code syncrep.c}). Whether anybody must wait is one flag that the
 * checkpointer keeps; who may release is decided by each walsender with the configuration that it has read itself, which
 * for a moment after a reload differs from what others have read.
 */
final class SyncWaits {

    /** What {@code synchronous_commit} waits for. */
    enum Level {
        OFF,
        LOCAL,
        WRITE,
        FLUSH,
        APPLY;

        static Level of(String synchronousCommit) {
            return switch (synchronousCommit) {
                case "off" -> OFF;
                case "local" -> LOCAL;
                case "remote_write" -> WRITE;
                case "remote_apply" -> APPLY;
                default -> FLUSH;
            };
        }
    }

    /** How far the synchronous standbys are together. */
    private record Reached(Lsn written, Lsn flushed, Lsn applied) {
        Lsn at(Level level) {
            return switch (level) {
                case OFF, LOCAL -> Lsn.NONE;
                case WRITE -> written;
                case FLUSH -> flushed;
                case APPLY -> applied;
            };
        }
    }

    private static final Reached NOWHERE = new Reached(Lsn.NONE, Lsn.NONE, Lsn.NONE);

    private record Waiting(Commit commit, Level level) {}

    private final Server server;
    private final TreeMap<Lsn, Waiting> waiting = new TreeMap<>();
    private SynchronousNames names;
    private Reached released = NOWHERE;

    SyncWaits(Server server) {
        this.server = server;
        this.names = parse(server.disk.config);
    }

    private static SynchronousNames parse(ServerConfig config) {
        return SynchronousNames.parse(config.synchronousStandbyNames()).orElse(SynchronousNames.NONE);
    }

    private Level level() {
        return Level.of(server.shownConfig().synchronousCommit());
    }

    boolean isAsynchronous() {
        return level() == Level.OFF;
    }

    /** The record is flushed here: the commit ends now, or when enough standbys have it. */
    void await(Commit commit) {
        Level level = level();
        Lsn position = commit.position();
        boolean waits = level.compareTo(Level.LOCAL) > 0 && names.isDefined() && position.isAfter(released.at(level));
        if (waits) {
            waiting.put(position, new Waiting(commit, level));
        } else {
            server.writer.finish(commit, Commit.Outcome.ACKNOWLEDGED);
        }
    }

    /** The checkpointer has read the configuration: when nobody is to be waited for any more, nobody waits. */
    void reload(ServerConfig config) {
        names = parse(config);
        if (!names.isDefined()) {
            acknowledgeUpTo(Level.FLUSH, new Lsn(Long.MAX_VALUE));
            acknowledgeUpTo(Level.WRITE, new Lsn(Long.MAX_VALUE));
            acknowledgeUpTo(Level.APPLY, new Lsn(Long.MAX_VALUE));
        }
    }

    void cancel(Commit commit) {
        if (waiting.values().removeIf(wait -> wait.commit() == commit)) {
            server.log("WARNING:  canceling wait for synchronous replication due to user request");
            server.writer.finish(commit, Commit.Outcome.CANCELLED);
        }
    }

    /** A standby has confirmed something to {@code sender}. */
    void confirmed(WalSender sender) {
        if (sender.priority() == 0 || !sender.countsForSync()) {
            return;
        }
        List<WalSender> chosen = chosen(sender.names(), server.senders);
        if (!chosen.contains(sender)) {
            return;
        }
        Optional<Reached> reached = reached(sender.names(), chosen);
        if (reached.isEmpty()) {
            return;
        }
        Reached now = reached.get();
        released = new Reached(
                Lsn.max(released.written(), now.written()),
                Lsn.max(released.flushed(), now.flushed()),
                Lsn.max(released.applied(), now.applied()));
        acknowledgeUpTo(Level.WRITE, released.written());
        acknowledgeUpTo(Level.FLUSH, released.flushed());
        acknowledgeUpTo(Level.APPLY, released.applied());
    }

    private void acknowledgeUpTo(Level level, Lsn position) {
        if (waiting.isEmpty()) {
            return;
        }
        var due = new ArrayList<Commit>();
        waiting.headMap(position, true).values().removeIf(wait -> wait.level() == level && due.add(wait.commit()));
        due.forEach(commit -> server.writer.finish(commit, Commit.Outcome.ACKNOWLEDGED));
    }

    /** The standbys that are synchronous by {@code config}: the first of them, or with {@code ANY} all of them. */
    static List<WalSender> chosen(SynchronousNames config, List<WalSender> senders) {
        var candidates = new ArrayList<WalSender>();
        for (WalSender sender : senders) {
            if (sender.countsForSync() && sender.priority() > 0) {
                candidates.add(sender);
            }
        }
        candidates.sort(Comparator.comparingInt(WalSender::priority));
        return config.any() || candidates.size() <= config.count() ? candidates : candidates.subList(0, config.count());
    }

    private static Optional<Reached> reached(SynchronousNames config, List<WalSender> chosen) {
        if (!config.isDefined() || chosen.size() < config.count()) {
            return Optional.empty();
        }
        // FIRST: all of the chosen ones; ANY: the best "count" of them
        int rank = config.any() ? config.count() : chosen.size();
        return Optional.of(new Reached(
                nth(chosen.stream().map(WalSender::written).toList(), rank),
                nth(chosen.stream().map(WalSender::flushed).toList(), rank),
                nth(chosen.stream().map(WalSender::applied).toList(), rank)));
    }

    private static Lsn nth(List<Lsn> positions, int rank) {
        return positions.stream()
                .sorted(Comparator.reverseOrder())
                .skip(rank - 1L)
                .findFirst()
                .orElse(Lsn.NONE);
    }

    /** Backends are told to leave; {@link WalWriter#abortAll} tells their clients. */
    void abortAll() {
        waiting.clear();
    }

    void ended(Server.End how) {
        waiting.clear();
        released = NOWHERE;
        names = parse(server.disk.config);
    }
}
