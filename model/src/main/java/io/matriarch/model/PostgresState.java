package io.matriarch.model;

import java.util.Arrays;
import java.util.Optional;

/** The published states; the ordinal is the fixed number of the metric {@code patroni_postgres_state}. */
public enum PostgresState {
    INITIALIZING("initializing new cluster"),
    INITDB_FAILED("initdb failed"),
    CUSTOM_BOOTSTRAP("running custom bootstrap script"),
    CUSTOM_BOOTSTRAP_FAILED("custom bootstrap failed"),
    CREATING_REPLICA("creating replica"),
    RUNNING("running"),
    STARTING("starting"),
    STARTING_AFTER_CUSTOM_BOOTSTRAP("starting after custom bootstrap"),
    START_FAILED("start failed"),
    RESTARTING("restarting"),
    RESTART_FAILED("restart failed"),
    STOPPING("stopping"),
    STOPPED("stopped"),
    STOP_FAILED("stop failed"),
    CRASHED("crashed");

    private final String text;

    PostgresState(String text) {
        this.text = text;
    }

    public static Optional<PostgresState> parse(String text) {
        return Arrays.stream(values()).filter(s -> s.text.equals(text)).findFirst();
    }

    /** Whether PostgreSQL was started and does not accept connections yet. */
    public boolean isStarting() {
        return this == STARTING || this == STARTING_AFTER_CUSTOM_BOOTSTRAP;
    }

    /** Whether PostgreSQL is between running and not running, and cannot be asked. */
    public boolean isStartingOrStopping() {
        return isStarting() || this == STOPPING;
    }

    /** The published text. */
    @Override
    public String toString() {
        return text;
    }
}
