package io.matriarch.store.etcd;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.StoreContext;
import java.time.Duration;

/** Contexts for tests that need no proxy. */
final class Sections {

    /** A budget of two seconds, so that a frozen server is told from a slow one soon. */
    static final Timing TIMING = new Timing(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(2));

    private Sections() {}

    static StoreContext context(String member, String section) {
        return context(member, section, TIMING);
    }

    static StoreContext context(String member, String section, Timing timing) {
        return new StoreContext(
                ClusterPath.of("service", "batman"),
                member,
                Json.parseObject(section).orElseThrow(),
                timing,
                TimeSource.system());
    }
}
