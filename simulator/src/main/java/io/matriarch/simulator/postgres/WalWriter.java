package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writing WAL on a primary: records are appended in memory and reach the file at once; one flush at a time makes
 * durable what was written when it began.
 */
final class WalWriter {

    private record Awaiting(Lsn end, Runnable flushed) {}

    private final Server server;
    private final Disk disk;
    private final ArrayDeque<Awaiting> awaiting = new ArrayDeque<>();
    /** Transactions that are not visible yet, by the position of their record. */
    private final TreeMap<Lsn, Commit> unfinished = new TreeMap<>();

    private int timeline;
    private boolean flushing;

    WalWriter(Server server) {
        this.server = server;
        this.disk = server.disk;
    }

    void begin(int timelineOfServer) {
        timeline = timelineOfServer;
    }

    int timeline() {
        return timeline;
    }

    // ---- transactions

    /** A client's transaction: inserted, flushed, and then kept waiting for standbys. */
    void commit(Commit commit) {
        PostgresTraits.Sizes sizes = server.traits().sizes();
        boolean bulk = server.random().nextDouble() < server.traits().odds().bulk();
        int bytes = sizes.commitBytes() + (bulk ? server.random().nextInt(sizes.bulkBytes()) : 0);
        WalRecord record = WalRecord.commit(disk.wal, timeline, commit.row(), bytes, server.wallClock());
        if (!append(record)) {
            return;
        }
        commit.inserted(record);
        unfinished.put(record.start(), commit);
        if (server.syncWaits.isAsynchronous()) {
            finish(commit, Commit.Outcome.ACKNOWLEDGED);
            flush();
        } else {
            flushed(record, () -> server.syncWaits.await(commit));
        }
    }

    /** The transaction is visible from now on. */
    void finish(Commit commit, Commit.Outcome outcome) {
        WalRecord record = commit.record();
        if (record != null) {
            unfinished.remove(record.start());
        }
        commit.end(outcome);
    }

    /** What a session sees: everything that is committed and does not wait. */
    List<Long> rows() {
        List<Long> rows = disk.wal.rows();
        rows.removeAll(unfinished.values().stream().map(Commit::row).collect(Collectors.toSet()));
        return rows;
    }

    // ---- records

    /** Appends; false: there is no room, and the server is gone. */
    boolean append(WalRecord record) {
        if (!disk.hasRoomFor(record.end())) {
            server.panic("could not write to file \"pg_wal/xlogtemp." + server.postmaster.pid()
                    + "\": No space left on device");
            return false;
        }
        disk.wal = disk.wal.append(record);
        return true;
    }

    /** Runs {@code then} when the record is durable. */
    void flushed(WalRecord record, Runnable then) {
        awaiting.add(new Awaiting(record.end(), then));
        flush();
    }

    /** Makes everything durable that was written until now. */
    void flush() {
        if (flushing || disk.flushed.compareTo(disk.wal.end()) >= 0) {
            return;
        }
        flushing = true;
        Lsn end = disk.wal.end();
        Duration takes = server.draw(server.traits().times().fsync()).plus(server.host.diskDelay());
        server.later(takes, "WAL is flushed", () -> {
            flushing = false;
            disk.flushed = end;
            var due = new ArrayList<Runnable>();
            for (Iterator<Awaiting> i = awaiting.iterator(); i.hasNext(); ) {
                Awaiting next = i.next();
                if (next.end().compareTo(end) <= 0) {
                    due.add(next.flushed());
                    i.remove();
                }
            }
            server.wakeSenders();
            due.forEach(Runnable::run);
            flush();
        });
    }

    // ---- the end

    /** Backends are told to leave: what they were doing is neither acknowledged nor undone if its record is written. */
    void abortAll() {
        List.copyOf(unfinished.values()).forEach(commit -> finish(commit, Commit.Outcome.UNKNOWN));
    }

    void ended(Server.End how) {
        flushing = false;
        awaiting.clear();
        List<Commit> lost = List.copyOf(unfinished.values());
        unfinished.clear();
        if (how == Server.End.PROCESS) {
            lost.forEach(commit -> commit.end(Commit.Outcome.UNKNOWN));
        }
    }
}
