package io.matriarch.bench;

import io.matriarch.acceptance.TestCluster;
import io.matriarch.ctl.load.Sessions;
import java.time.Duration;
import java.util.Properties;

/** Who measures: the superuser of the clusters and servers under test, on the same machine. */
final class Client {

    static final Sessions SESSIONS = new Sessions(login(), "postgres", Sessions.Limits.SAME_MACHINE);

    static final String TABLE = "bench_rows";
    static final Duration BETWEEN_ROWS = Duration.ofMillis(3);

    private Client() {}

    private static Properties login() {
        var login = new Properties();
        login.setProperty("user", "postgres");
        login.setProperty("password", TestCluster.SUPERUSER_PASSWORD);
        login.setProperty("ApplicationName", "bench");
        login.setProperty("sslmode", "disable");
        return login;
    }
}
