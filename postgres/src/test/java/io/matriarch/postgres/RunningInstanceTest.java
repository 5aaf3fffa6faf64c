package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunningInstanceTest {

    private static Optional<Map<String, String>> target(String dsn) {
        return RunningInstance.target(dsn, Map.of("PGUSER", "env", "PGPORT", "1", "PGHOST", "", "HOME", "/"));
    }

    @Test
    void the_dsn_goes_over_the_variables_in_both_forms() {
        assertEquals(Optional.of(Map.of("user", "env", "port", "1")), target(""));
        assertEquals(
                Optional.of(Map.of("user", "dba", "port", "1", "host", "/run", "password", "a b")),
                target("host=/run user=dba password='a b'"));
        assertEquals(
                Optional.of(Map.of(
                        "user",
                        "dba",
                        "password",
                        "p@w+",
                        "host",
                        "db",
                        "port",
                        "6",
                        "dbname",
                        "d",
                        "sslmode",
                        "require")),
                target("postgresql://dba:p%40w+@db:6/d?sslmode=require"));
    }

    @Test
    void what_is_no_dsn_is_seen() {
        assertEquals(Optional.empty(), target("nonsense"));
        assertEquals(Optional.empty(), target("password='open"));
        assertEquals(Optional.empty(), target("postgresql://a:b c"));
    }
}
