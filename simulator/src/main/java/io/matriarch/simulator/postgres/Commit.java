package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client's transaction that writes one row: the client's hold on it, and what became of it. */
public final class Commit {

    /** What the client is told. */
    public enum Outcome {
        /** COMMIT succeeded: it is as durable as the configuration promises. */
        ACKNOWLEDGED,
        /** COMMIT succeeded with a warning: the wait for standbys was cancelled; it is committed here, perhaps only here. */
        CANCELLED,
        /** Nothing was written: no connection, no write allowed. */
        REFUSED,
        /** The connection broke: it may be committed, or not. */
        UNKNOWN
    }

    private final long row;
    private final Consumer<Outcome> told;
    private final @Nullable Server server;
    private @Nullable WalRecord record;
    private boolean ended;

    Commit(@Nullable Server server, long row, Consumer<Outcome> told) {
        this.server = server;
        this.row = row;
        this.told = told;
    }

    public long row() {
        return row;
    }

    /** Where its record ends; {@link Lsn#NONE} when nothing was written (yet). */
    public Lsn position() {
        return record == null ? Lsn.NONE : record.end();
    }

    /** A cancel request of the client: ends a wait for standbys, and nothing else. */
    public void cancel() {
        Server there = server;
        if (there != null) {
            there.receive("cancel request", () -> there.syncWaits.cancel(this));
        }
    }

    @Nullable
    WalRecord record() {
        return record;
    }

    void inserted(WalRecord inserted) {
        record = inserted;
    }

    void end(Outcome outcome) {
        if (!ended) {
            ended = true;
            told.accept(outcome);
        }
    }
}
