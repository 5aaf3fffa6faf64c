package io.matriarch.model;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The server outside that a standby cluster copies (contract ha-loop.md 14), from the section {@code standby_cluster}.
 *
 * @param host name, address or a comma separated list of them; empty: the WAL comes from an archive only
 * @param port null: libpq's default
 * @param slot name of the slot to use there; null: none
 * @param section the whole section
 */
public record RemoteMember(
        String host, @Nullable Integer port, @Nullable String slot, JsonObject section) {

    private static final String PREFIX = "remote_member:";

    static RemoteMember of(JsonObject section) {
        String host = Json.string(section, "host").orElse("");
        Integer port = Json.integer(section, "port").map(Long::intValue).orElse(null);
        String slot = Json.string(section, "primary_slot_name")
                .filter(s -> !s.isEmpty())
                .orElse(null);
        return new RemoteMember(host, port, slot, section);
    }

    /** What it is called in messages; the same for the same address, and never the name of a member. */
    public String name() {
        return PREFIX + UUID.nameUUIDFromBytes((host + ":" + port).getBytes(StandardCharsets.UTF_8));
    }

    /** Whether something can be streamed from it, cloned or compared. */
    public boolean hasAddress() {
        return !host.isEmpty();
    }

    /** For messages. */
    public String address() {
        return "postgresql://" + host + ":" + (port == null ? 5432 : port);
    }
}
