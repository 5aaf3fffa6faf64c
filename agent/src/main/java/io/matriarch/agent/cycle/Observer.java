package io.matriarch.agent.cycle;

import io.matriarch.engine.LocalPostgres;
import io.matriarch.engine.LocalPostgres.DataDirectory;
import io.matriarch.model.Lsn;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;

/** Turns what PostgreSQL says of itself into what the engine looks at. */
final class Observer {

    /** From this version on PostgreSQL finishes an interrupted backup recovery by itself (contract ha-loop.md 7.2). */
    private static final int BACKUP_LABEL_RECOVERS = 150000;

    private Observer() {}

    static LocalPostgres look(LocalFacts facts, PostgresInstance postgres, PostgresSettings settings) {
        DataDirectory directory = switch (facts.dataDirectory()) {
            case LocalFacts.DataDirectory.Empty _ -> DataDirectory.EMPTY;
            case LocalFacts.DataDirectory.Present _ -> DataDirectory.PRESENT;
            case LocalFacts.DataDirectory.Inaccessible _ -> DataDirectory.INACCESSIBLE;
        };
        String error = facts.dataDirectory() instanceof LocalFacts.DataDirectory.Inaccessible i ? i.error() : "";
        boolean present = directory == DataDirectory.PRESENT;
        boolean backupLabelRecovers = facts.backupLabel() && postgres.majorVersion() >= BACKUP_LABEL_RECOVERS;
        return new LocalPostgres(
                directory,
                error,
                facts.systemIdentifier().orElse(null),
                facts.processRunning(),
                facts.state(),
                facts.role(),
                facts.isPrimaryHere(),
                facts.snapshot().map(Snapshot::timeline).orElse(0),
                facts.snapshot().map(Snapshot::position).orElse(Lsn.NONE),
                facts.snapshot()
                        .map(s -> "streaming".equals(s.walReceiverState()))
                        .orElse(false),
                facts.controlData().map(ControlData::clusterState).orElse(""),
                facts.signalFile(),
                backupLabelRecovers,
                present && postgres.canRewind(),
                settings.removeDataDirectoryOnDivergedTimelines(),
                settings.removeDataDirectoryOnRewindFailure() || settings.removeDataDirectoryOnDivergedTimelines());
    }
}
