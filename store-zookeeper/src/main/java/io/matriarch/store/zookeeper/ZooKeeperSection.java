package io.matriarch.store.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.store.HostList;
import io.matriarch.store.StoreConfigurationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;

/** Reads the {@code zookeeper} section of the local configuration (contract config.md 2.7). */
final class ZooKeeperSection {

    private static final Set<String> SCHEMES = Set.of("world", "auth", "digest", "ip", "sasl", "x509");
    private static final String DEFAULT_SCHEME = "x509";

    /** Half of ZooKeeper's default tick of two seconds, and half as much again. */
    private static final Duration REPORTING_DELAY = Duration.ofMillis(1500);

    private final JsonObject section;

    private ZooKeeperSection(JsonObject section) {
        this.section = section;
    }

    static ZooKeeperSettings parse(JsonObject section) throws StoreConfigurationException {
        var reader = new ZooKeeperSection(section);
        try {
            return new ZooKeeperSettings(reader.hosts(), reader.acl(), reader.auth(), reader.tls(), REPORTING_DELAY);
        } catch (IllegalArgumentException e) {
            throw new StoreConfigurationException("zookeeper.hosts: " + e.getMessage(), e);
        }
    }

    private String hosts() throws StoreConfigurationException {
        String hosts = String.join(",", HostList.read("zookeeper.hosts", section.get("hosts")));
        if (hosts.isEmpty()) {
            throw new StoreConfigurationException("zookeeper.hosts is missing: give a list of host:port");
        }
        return hosts.replaceAll("\\s", "");
    }

    private List<ACL> acl() throws StoreConfigurationException {
        JsonObject rights = Json.object(section, "set_acls").orElseGet(JsonObject::new);
        if (rights.isEmpty()) {
            return Ids.OPEN_ACL_UNSAFE;
        }
        var acl = new ArrayList<ACL>();
        for (var entry : rights.entrySet()) {
            int perms = 0;
            for (String word : words("zookeeper.set_acls." + entry.getKey(), entry.getValue())) {
                perms |= permission(entry.getKey(), word);
            }
            acl.add(new ACL(perms, principal(entry.getKey())));
        }
        return acl;
    }

    private static List<String> words(String place, JsonElement value) throws StoreConfigurationException {
        return HostList.read(
                place,
                value instanceof JsonPrimitive text
                        ? new JsonPrimitive(text.getAsString().strip().replaceAll("[,\\s]+", ","))
                        : value);
    }

    private static int permission(String principal, String word) throws StoreConfigurationException {
        return switch (word.toUpperCase(Locale.ROOT)) {
            case "READ" -> Perms.READ;
            case "WRITE" -> Perms.WRITE;
            case "CREATE" -> Perms.CREATE;
            case "DELETE" -> Perms.DELETE;
            case "ADMIN" -> Perms.ADMIN;
            case "ALL" -> Perms.ALL;
            default ->
                throw new StoreConfigurationException("zookeeper.set_acls." + principal + ": unknown permission " + word
                        + "; use READ, WRITE, CREATE, DELETE, ADMIN or ALL");
        };
    }

    private static Id principal(String text) {
        int colon = text.indexOf(':');
        return colon > 0 && SCHEMES.contains(text.substring(0, colon))
                ? new Id(text.substring(0, colon), text.substring(colon + 1))
                : new Id(DEFAULT_SCHEME, text);
    }

    private Map<String, byte[]> auth() throws StoreConfigurationException {
        var auth = new LinkedHashMap<String, byte[]>();
        JsonObject written = Json.object(section, "auth_data").orElseGet(JsonObject::new);
        for (var entry : written.entrySet()) {
            if (!(entry.getValue() instanceof JsonPrimitive credential)) {
                throw new StoreConfigurationException(
                        "zookeeper.auth_data." + entry.getKey() + ": expected a credential as text");
            }
            auth.put(entry.getKey(), credential.getAsString().getBytes(UTF_8));
        }
        return auth;
    }

    private Optional<ClientTls> tls() throws StoreConfigurationException {
        if (!Json.bool(section, "use_ssl").orElse(false)) {
            return Optional.empty();
        }
        Optional<Path> identity = file("cert");
        Optional<Path> key = file("key");
        if (key.isPresent() && !key.equals(identity)) {
            throw new StoreConfigurationException(
                    "zookeeper.key: put certificate and private key into one PEM file and name it in zookeeper.cert");
        }
        boolean verify = Json.bool(section, "verify").orElse(true);
        return Optional.of(new ClientTls(
                file("cacert"), identity, Json.string(section, "key_password").orElse(""), verify));
    }

    private Optional<Path> file(String key) throws StoreConfigurationException {
        Optional<Path> file =
                Json.string(section, key).filter(s -> !s.isEmpty()).map(Path::of);
        if (file.isPresent() && !Files.isReadable(file.get())) {
            throw new StoreConfigurationException("zookeeper." + key + ": cannot read " + file.get());
        }
        return file;
    }
}
