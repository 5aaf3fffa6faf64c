package io.matriarch.store.embedded;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.zookeeper.ZooKeeperSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooDefs.Ids;

/**
 * The {@code embedded} section, equal on all members but for {@code data_dir} and {@code self}.
 *
 * <pre>{@code
 * embedded:
 *   data_dir: /var/lib/matriarch/store     # the ensemble's state here; survives restarts
 *   self: n0                               # who we are among the members; default: the top-level name
 *   members:                               # every voter, witnesses too; an odd number
 *     n0: 10.0.0.1:2181:2888:3888          # host:client port:peer port:election port
 *     n1: 10.0.0.2:2181:2888:3888
 *     w: 10.0.0.3:2181:2888:3888
 *   password: secret                       # or password_file; optional, see below
 * }</pre>
 *
 * <p>A member listens on its own address only. With a password everything that the cluster writes can be read and
 * changed only with it; an outside client gives {@code auth_data: {digest: "matriarch:<password>"}}. Peer and election
 * ports know no password: let only the members reach them.
 */
record EmbeddedSection(
        Optional<Path> dataDir, String self, Map<String, MemberAddress> members, Optional<String> password) {

    /** The user name that goes with the password. */
    private static final String USER = "matriarch";

    private static final Duration REPORTING_DELAY = Duration.ofMillis(EnsembleMember.TICK_MILLIS);

    EmbeddedSection {
        members = Map.copyOf(members);
    }

    /** @param name the top-level name; empty for tools */
    static EmbeddedSection parse(JsonObject section, String name) throws StoreConfigurationException {
        JsonObject list = Json.object(section, "members").orElseGet(JsonObject::new);
        if (list.isEmpty()) {
            throw new StoreConfigurationException("embedded.members is missing: give each voter's name and its"
                    + " host:client port:peer port:election port");
        }
        var members = new LinkedHashMap<String, MemberAddress>();
        var numbers = new HashMap<Integer, String>();
        for (var entry : list.entrySet()) {
            String member = entry.getKey();
            String text = entry.getValue() instanceof JsonPrimitive p ? p.getAsString() : "";
            MemberAddress address = MemberAddress.parse(member, text)
                    .orElseThrow(() -> new StoreConfigurationException("embedded.members." + member + ": \"" + text
                            + "\" is not host:client port:peer port:election port, as in 10.0.0.1:2181:2888:3888"));
            String other = numbers.put(address.number(), member);
            if (other != null) {
                throw new StoreConfigurationException("embedded.members: " + other + " and " + member
                        + " have the same number " + address.number() + "; on all members, write another one"
                        + " (1 to 254) in front of one of them, as in 7@10.0.0.1:2181:2888:3888");
            }
            members.put(member, address);
        }
        Optional<Path> dataDir =
                Json.string(section, "data_dir").filter(s -> !s.isBlank()).map(Path::of);
        String self = Json.string(section, "self").filter(s -> !s.isBlank()).orElse(name);
        return new EmbeddedSection(dataDir, self, members, password(section));
    }

    private static Optional<String> password(JsonObject section) throws StoreConfigurationException {
        Optional<String> file = Json.string(section, "password_file");
        if (file.isEmpty()) {
            return Json.string(section, "password").filter(s -> !s.isEmpty());
        }
        try {
            return Optional.of(Files.readString(Path.of(file.get())).strip());
        } catch (IOException e) {
            throw new StoreConfigurationException("embedded.password_file: cannot read " + file.get(), e);
        }
    }

    /** Our own address among the members. */
    MemberAddress own() throws StoreConfigurationException {
        MemberAddress own = members.get(self);
        if (own == null) {
            throw new StoreConfigurationException("embedded.members has no entry for \"" + self
                    + "\"; add it on all members, or set embedded.self to one of "
                    + members.keySet().stream().sorted().toList());
        }
        return own;
    }

    /** Where our state lives. */
    Path ownDataDir() throws StoreConfigurationException {
        return dataDir.orElseThrow(() -> new StoreConfigurationException(
                "embedded.data_dir is missing: give a directory of its own for the store's state"));
    }

    /** How clients reach the ensemble. */
    ZooKeeperSettings clientSettings() {
        String hosts =
                members.values().stream().map(MemberAddress::clientAddress).collect(Collectors.joining(","));
        Map<String, byte[]> auth = password.map(
                        p -> Map.of("digest", (USER + ":" + p).getBytes(StandardCharsets.UTF_8)))
                .orElseGet(Map::of);
        return new ZooKeeperSettings(
                hosts,
                password.isPresent() ? Ids.CREATOR_ALL_ACL : Ids.OPEN_ACL_UNSAFE,
                auth,
                Optional.empty(),
                REPORTING_DELAY);
    }

    /** Hides the password. */
    @Override
    public String toString() {
        return "EmbeddedSection[" + self + " of " + members.keySet() + "]";
    }
}
