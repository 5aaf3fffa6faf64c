package io.matriarch.bench;

import io.matriarch.acceptance.Machine;
import io.matriarch.bench.PlainServer.Parent;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;

/** What PostgreSQL itself needs, measured on a primary and two standbys without a manager. */
enum Floor {
    RESTART("restart", "postmaster killed, started again at once", Parent.SUPERVISOR),
    RESTART_ORPHAN("restart-pg_ctl", "the same started by `pg_ctl`: process 1 must bury the old one", Parent.INIT),
    STOP_PROMOTE("stop-promote", "checkpoint, fast stop, `pg_promote` of the standby", Parent.SUPERVISOR),
    CRASH_PROMOTE("crash-promote", "postmaster killed, `pg_promote` of the standby at once", Parent.SUPERVISOR);

    final String option;
    final String title;
    private final Parent parent;

    Floor(String option, String title, Parent parent) {
        this.option = option;
        this.title = title;
        this.parent = parent;
    }

    Trial measure() throws Exception {
        Path directory = Machine.workspace();
        try (var primary = PlainServer.primary(directory, parent);
                var standby = PlainServer.standbyOf(primary, "standby");
                var other = PlainServer.standbyOf(primary, "other"); // as many servers write here as in the cluster
                Connection superuser = Client.SESSIONS.open(standby.endpoint)) {
            superuser.setNetworkTimeout(Runnable::run, 0);
            return Trial.run(
                    List.of(primary.endpoint, standby.endpoint, other.endpoint),
                    () -> act(primary, superuser),
                    () -> {});
        } finally {
            Machine.delete(directory);
        }
    }

    private void act(PlainServer primary, Connection standby) throws Exception {
        switch (this) {
            case RESTART, RESTART_ORPHAN -> {
                primary.crash();
                primary.start();
            }
            case STOP_PROMOTE -> {
                try (Connection connection = Client.SESSIONS.open(primary.endpoint);
                        var statement = connection.createStatement()) {
                    statement.execute("checkpoint");
                }
                primary.stop();
                promote(standby);
            }
            case CRASH_PROMOTE -> {
                primary.crash();
                promote(standby);
            }
        }
    }

    private static void promote(Connection standby) throws Exception {
        try (var statement = standby.createStatement()) {
            statement.execute("select pg_promote(wait => false)");
        }
    }
}
