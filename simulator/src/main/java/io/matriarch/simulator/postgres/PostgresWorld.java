package io.matriarch.simulator.postgres;

import io.matriarch.simulator.EventQueue;
import java.time.Instant;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All hosts of one world that may have a PostgreSQL server, by their addresses. */
public final class PostgresWorld {

    private final EventQueue queue;
    private final Links links;
    private final Reports reports;
    private final PostgresTraits traits;
    private final TreeMap<String, PostgresHost> hosts = new TreeMap<>();

    public PostgresWorld(EventQueue queue, Links links, Reports reports, PostgresTraits traits) {
        this.queue = queue;
        this.links = links;
        this.reports = reports;
        this.traits = traits;
    }

    /**
     * Adds a host with an empty data directory.
     *
     * @param address what others write into {@code primary_conninfo}, and {@link Links} knows it by
     * @param wallClock the host's
     */
    public PostgresHost addHost(String address, Supplier<Instant> wallClock) {
        var host = new PostgresHost(this, address, wallClock);
        if (hosts.putIfAbsent(address.toLowerCase(Locale.ROOT), host) != null) {
            throw new IllegalArgumentException("two hosts at " + address);
        }
        return host;
    }

    @Nullable
    PostgresHost find(String address) {
        return hosts.get(address.toLowerCase(Locale.ROOT));
    }

    EventQueue queue() {
        return queue;
    }

    Links links() {
        return links;
    }

    Reports reports() {
        return reports;
    }

    PostgresTraits traits() {
        return traits;
    }
}
