package io.matriarch.engine.sync;

import io.matriarch.model.Lsn;

/** A row of {@code pg_stat_replication}; positions are {@link Lsn#NONE} when null. */
public record Walsender(
        String applicationName, String state, String syncState, Lsn written, Lsn flushed, Lsn replayed) {

    /** The position that a commit waits for. */
    Lsn confirmedPosition(String synchronousCommit) {
        return switch (synchronousCommit) {
            case "remote_apply" -> replayed;
            case "remote_write" -> written;
            default -> flushed;
        };
    }
}
