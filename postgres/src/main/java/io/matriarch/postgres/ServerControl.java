package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What those who make and mend a data directory need of the server that lives in it. */
interface ServerControl {

    /** Of the data directory, as {@code 150000}; 0 when not known. */
    int majorVersion();

    Optional<ControlData> controlData();

    PostgresState state();

    /** Whether a postmaster lives. */
    boolean isRunning();

    void setState(PostgresState state);

    /** Sets the managed role without any callback. */
    void setRole(Role role);

    StartOutcome start(StartRequest request);

    StopOutcome stop(StopRequest request);

    boolean reload();

    StartOutcome restart(@Nullable Duration timeout);

    /** Whether a running server needs a restart for its configuration. */
    boolean isRestartPending();

    /** Copies the configuration files into the data directory (contract config.md 4.3). */
    void backUpConfiguration();

    /** Brings back those configuration files that a clone did not bring along. */
    void restoreConfiguration();

    /**
     * From now on the server starts with its own users trusted locally, and with {@code recovery_conf} or without any
     * recovery (contract postgres-control.md 6.2).
     *
     * @param recoveryConf null: none
     * @param keepExisting recovery settings and signal files in the data directory stay as they are
     */
    void beginCustomBootstrap(@Nullable JsonObject recoveryConf, boolean keepExisting);

    /** Writes the configuration in its usual form again and removes signal files. */
    void endCustomBootstrap();
}
