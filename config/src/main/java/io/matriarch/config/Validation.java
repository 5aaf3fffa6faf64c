package io.matriarch.config;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Coercion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.SyncState;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.HostPort;
import io.matriarch.model.config.Notice;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code patroni --validate-config} (contract config.md 5.1): finds all faults of a local configuration at once. Each is a
 * line of path, value, and what is wrong with it. Names that nothing reads are only warned about: files with them have
 * always worked.
 */
public final class Validation {

    /** What is asked of this host and of others. */
    public interface Surroundings {

        /** Whether somebody accepts connections there. */
        boolean isReachable(HostPort address);

        /** What {@code <program> --version} prints; empty when it cannot be run. */
        Optional<String> versionOf(String program);

        /** Sections that select a store, of those that are built. */
        Set<String> stores();

        /** The directories of {@code PATH}. */
        List<Path> searchPath();
    }

    /**
     * What was found.
     *
     * @param errors each as {@code <path> <value> <reason>}
     * @param warnings what works, though perhaps not as it was meant
     */
    public record Result(List<String> errors, List<String> warnings) {}

    private static final List<String> NOT_FOR_OTHERS = List.of("127.0.0.1", "0.0.0.0", "*", "::1", "localhost");
    private static final List<String> PROGRAMS =
            List.of("pg_ctl", "initdb", "pg_controldata", "pg_basebackup", "postgres", "pg_isready");

    /** Parameters that a cluster agrees on, with the limits of PostgreSQL. */
    private static final Map<String, long[]> AGREED = Map.of(
            "max_connections", new long[] {1, 262_143},
            "max_locks_per_transaction", new long[] {10, Integer.MAX_VALUE},
            "max_prepared_transactions", new long[] {0, 262_143},
            "max_replication_slots", new long[] {0, 262_143},
            "max_wal_senders", new long[] {0, 262_143},
            "max_worker_processes", new long[] {0, 262_143});

    private final JsonObject document;
    private final Surroundings surroundings;
    private final boolean ignoreListenPort;
    private final Problems problems;

    private Validation(JsonObject document, Surroundings surroundings, boolean ignoreListenPort, Problems problems) {
        this.document = document;
        this.surroundings = surroundings;
        this.ignoreListenPort = ignoreListenPort;
        this.problems = problems;
    }

    /**
     * Checks everything.
     *
     * @param written as {@link ConfigSource#loadUnresolved} gives it
     * @param ignoreListenPort whether ports may be in use
     */
    public static Result check(JsonObject written, Surroundings surroundings, boolean ignoreListenPort) {
        var problems = new Problems();
        new KeyCheck(problems).check(written);
        var notices = new ArrayList<Notice>();
        JsonObject present = ConfigTree.presentLayout(written, notices);
        notices.forEach(notice -> problems.warn(notice.text()));
        new Validation(present, surroundings, ignoreListenPort, problems).run();
        return new Result(problems.errors(), problems.warnings());
    }

    private void run() {
        for (String key : List.of("scope", "name")) {
            require(key, "Set it to a name");
        }
        if (SyncState.NOBODY.equals(text("name"))) {
            problems.addText(
                    "name", SyncState.NOBODY, "didn't pass validation: this name is reserved. Choose another one");
        }
        listen("restapi.listen", 8008);
        published("restapi.connect_address", true);
        bootstrap();
        store();
        postgresql();
        watchdog();
        tags();
    }

    // ---- small tools

    private @Nullable JsonElement value(String path) {
        JsonElement found = document;
        for (String key : path.split("\\.")) {
            found = found instanceof JsonObject map ? map.get(key) : null;
        }
        return found;
    }

    private @Nullable String text(String path) {
        return value(path) instanceof JsonPrimitive p && !p.getAsString().isEmpty() ? p.getAsString() : null;
    }

    /** The text, or null after it was reported that there is none. */
    private @Nullable String require(String path, String remedy) {
        String text = text(path);
        if (text == null) {
            problems.addText(path, "", "is not defined. " + remedy);
        }
        return text;
    }

    // ---- addresses

    private void listen(String path, int usualPort) {
        String text = require(path, "Set it to <HOST>:<PORT>, for example 0.0.0.0:" + usualPort);
        if (text == null) {
            return;
        }
        boolean postgres = path.startsWith("postgresql");
        HostPort address = (postgres ? HostPort.parse(text, usualPort) : HostPort.parse(text)).orElse(null);
        if (address == null) {
            problems.addText(
                    path,
                    text,
                    "didn't pass validation: contains a wrong value. Write <HOST>:<PORT>, for example 0.0.0.0:"
                            + usualPort);
            return;
        }
        List<String> hosts =
                Arrays.stream(address.host().split(",")).map(String::strip).toList();
        if (hosts.contains("*") && hosts.size() > 1) {
            problems.addText(path, text, "didn't pass validation: expecting '*' alone");
            return;
        }
        for (String host : hosts) {
            boolean anywhere = host.isEmpty() || host.equals("*") || host.equals("0.0.0.0");
            var asked = new HostPort(anywhere ? "127.0.0.1" : host.replaceAll("^\\[|]$", ""), address.port());
            if (!ignoreListenPort && surroundings.isReachable(asked)) {
                problems.addText(
                        path,
                        text,
                        "didn't pass validation: Port " + address.port()
                                + " is already in use. Stop who uses it, choose another one, or give -i when it is this"
                                + " node itself");
                return;
            }
        }
    }

    private void published(String path, boolean required) {
        String text =
                required ? require(path, "Set it to the <HOST>:<PORT> that others reach this node at") : text(path);
        if (text == null) {
            return;
        }
        HostPort address = HostPort.parse(text, 5432).orElse(null);
        if (address == null) {
            problems.addText(path, text, "didn't pass validation: contains a wrong value. Write <HOST>:<PORT>");
        } else if (NOT_FOR_OTHERS.contains(address.host())) {
            problems.addText(
                    path,
                    text,
                    "didn't pass validation: must not contain \"127.0.0.1\", \"0.0.0.0\", \"*\", \"::1\","
                            + " \"localhost\". Write the address that others reach this node at");
        }
    }

    // ---- bootstrap, store, tags

    /** Patroni's minimum; less than the least that the key can have is a problem already. */
    private void atLeast(JsonObject dcs, String key, long inFastProfile, long least) {
        JsonElement value = dcs.get(key);
        if (value != null && KeyCheck.isWithin(value, inFastProfile, least - 1)) {
            problems.add(
                    "bootstrap.dcs." + key,
                    value,
                    "didn't pass validation: expected " + least + " or more without \"matriarch: {profile: fast}\"");
        }
    }

    private void bootstrap() {
        if (!(value("bootstrap") instanceof JsonObject)) {
            return;
        }
        if (!(value("bootstrap.dcs") instanceof JsonObject dcs)) {
            problems.addText("bootstrap.dcs", "", "is not defined. Write \"dcs: {}\" for the defaults");
            return;
        }
        if (!new DynamicConfig(dcs).isFast()) {
            atLeast(dcs, "ttl", 3, 20);
            atLeast(dcs, "retry_timeout", 1, 3);
        }
        JsonElement mode = dcs.get("synchronous_mode");
        boolean quorum = mode instanceof JsonPrimitive p && p.getAsString().equalsIgnoreCase("quorum");
        if (mode != null && !mode.isJsonNull() && !quorum && Coercion.bool(mode).isEmpty()) {
            problems.add(
                    "bootstrap.dcs.synchronous_mode",
                    mode,
                    "didn't pass validation: invalid value for synchronous_mode. Use on, off or quorum");
        }
        if (dcs.get("standby_cluster") instanceof JsonObject section && !new DynamicConfig(dcs).isStandbyCluster()) {
            problems.addText(
                    "bootstrap.dcs.standby_cluster",
                    section.isEmpty() ? "" : String.join(",", section.keySet()),
                    "didn't pass validation: at least one of host, port, restore_command is needed");
        }
        JsonObject parameters = Json.object(dcs, "postgresql")
                .flatMap(postgresql -> Json.object(postgresql, "parameters"))
                .orElseGet(JsonObject::new);
        AGREED.forEach((name, limits) -> {
            JsonElement value = parameters.get(name);
            if (value != null && !KeyCheck.isWithin(value, limits[0], limits[1])) {
                problems.add(
                        "bootstrap.dcs.postgresql.parameters." + name,
                        value,
                        "didn't pass validation: expected an integer from " + limits[0] + " to " + limits[1]);
            }
        });
    }

    private void store() {
        List<String> present =
                surroundings.stores().stream().filter(document::has).sorted().toList();
        if (present.isEmpty()) {
            problems.addText(
                    "etcd3",
                    "",
                    "is not defined. A section of a store is needed, one of "
                            + String.join(
                                    ", ",
                                    surroundings.stores().stream().sorted().toList()));
            return;
        }
        String section = present.getFirst();
        if (!section.equals("etcd3") && !section.equals("zookeeper")) {
            return;
        }
        int port = section.equals("etcd3") ? 2379 : 2181;
        if (value(section + ".port") instanceof JsonPrimitive p) {
            port = Coercion.integer(p).orElse((long) port).intValue();
        }
        String hosts = text(section + ".hosts");
        String single = text(section + ".host");
        if (value(section + ".hosts") instanceof JsonArray list) {
            for (int i = 0; i < list.size(); i++) {
                server(section + ".hosts." + i, list.get(i), port);
            }
        } else if (hosts != null) {
            for (String host : hosts.split(",")) {
                server(section + ".hosts", new JsonPrimitive(host.strip()), port);
            }
        } else if (single != null) {
            server(section + ".host", new JsonPrimitive(single), port);
        } else if (Stream.of("url", "proxy", "srv", "discovery_srv", "srv_domain")
                .allMatch(k -> text(section + "." + k) == null)) {
            problems.addText(section + ".hosts", "", "is not defined. Set it to a list of <HOST>:<PORT>");
        }
    }

    private void server(String path, JsonElement written, int port) {
        if (!(written instanceof JsonPrimitive text)) {
            problems.add(path, written, "is not a string. Write <HOST>:<PORT>, without a blank behind the colon");
            return;
        }
        HostPort address = HostPort.parse(text.getAsString(), port).orElse(null);
        if (address == null) {
            problems.add(path, text, "didn't pass validation: contains a wrong value. Write <HOST>:<PORT>");
        } else if (!surroundings.isReachable(address)) {
            problems.add(path, text, "didn't pass validation: " + address + " is not reachable");
        }
    }

    private void watchdog() {
        String mode = text("watchdog.mode");
        if (mode != null
                && !List.of("off", "disable", "disabled", "false", "automatic", "auto", "required", "require")
                        .contains(mode.toLowerCase(Locale.ROOT))) {
            problems.addText("watchdog.mode", mode, "didn't pass validation: expected one of off, automatic, required");
        }
    }

    private void tags() {
        for (String[] pair : new String[][] {{"nofailover", "failover_priority"}, {"nosync", "sync_priority"}}) {
            if (value("tags." + pair[0]) != null && value("tags." + pair[1]) != null) {
                problems.addText(
                        "tags", "", "Multiple of ('" + pair[0] + "', '" + pair[1] + "') provided. Keep one of them");
            }
        }
    }

    // ---- PostgreSQL

    private void postgresql() {
        listen("postgresql.listen", 5432);
        published("postgresql.connect_address", true);
        published("postgresql.proxy_address", false);
        for (String user : List.of("replication", "superuser")) {
            require("postgresql.authentication." + user + ".username", "Set it to the name of the " + user + " user");
        }
        String directory = text("postgresql.data_dir");
        if (value("postgresql.data_dir") instanceof JsonPrimitive p
                && p.getAsString().isEmpty()) {
            problems.addText("postgresql.data_dir", "", "didn't pass validation: is an empty string");
        } else if (require("postgresql.data_dir", "Set it to the path of PostgreSQL's data directory") == null) {
            directory = null;
        }
        Optional<String> version = programs();
        if (directory != null) {
            dataDirectory(directory, version.orElse(null));
        }
    }

    /** Reports the programs that are missing; the major version of the server. */
    private Optional<String> programs() {
        String directory = text("postgresql.bin_dir");
        if (directory != null && !Files.isDirectory(Path.of(directory))) {
            problems.addText(
                    "postgresql.bin_dir",
                    directory,
                    "didn't pass validation: Directory '" + directory
                            + "' does not exist. Set it to the directory with the server's programs");
            return Optional.empty();
        }
        List<Path> places = directory == null ? surroundings.searchPath() : List.of(Path.of(directory));
        for (String program : PROGRAMS) {
            String name =
                    Optional.ofNullable(text("postgresql.bin_name." + program)).orElse(program);
            if (places.stream().noneMatch(place -> Files.isExecutable(place.resolve(name)))) {
                problems.addText(
                        "postgresql.bin_dir",
                        directory == null ? "" : directory,
                        "didn't pass validation: does not contain '" + name + "' in '"
                                + (directory == null ? "$PATH" : directory) + "'");
            }
        }
        String postgres =
                Optional.ofNullable(text("postgresql.bin_name.postgres")).orElse("postgres");
        return places.stream()
                .map(place -> place.resolve(postgres))
                .filter(Files::isExecutable)
                .findFirst()
                .flatMap(program -> surroundings.versionOf(program.toString()))
                .map(Validation::majorVersion);
    }

    /** {@code postgres (PostgreSQL) 15.8} is 15. */
    private static String majorVersion(String text) {
        return text.replaceFirst("(?s).*\\(PostgreSQL\\) (\\d+).*", "$1");
    }

    private void dataDirectory(String text, @Nullable String version) {
        String path = "postgresql.data_dir";
        Path directory = Path.of(text);
        if (!Files.exists(directory)) {
            return;
        }
        if (!Files.isDirectory(directory)) {
            problems.addText(path, text, "didn't pass validation: is not a directory");
            return;
        }
        try {
            if (isEmpty(directory)) {
                return;
            }
            if (!Files.exists(directory.resolve("PG_VERSION"))) {
                problems.addText(
                        path,
                        text,
                        "didn't pass validation: doesn't look like a valid data directory. Set another one, or empty"
                                + " it");
                return;
            }
            if (!Files.isDirectory(directory.resolve("pg_wal"))) {
                problems.addText(
                        path,
                        text,
                        "didn't pass validation: data dir for the cluster is not empty, but doesn't contain \"pg_wal\""
                                + " directory");
            }
            String made = Files.readString(directory.resolve("PG_VERSION")).strip();
            if (version != null && !made.equals(version)) {
                problems.addText(
                        path,
                        text,
                        "didn't pass validation: data_dir directory postgresql version (" + made
                                + ") doesn't match with 'postgres --version' output (" + version
                                + "). Set postgresql.bin_dir to the programs of version " + made);
            }
        } catch (IOException e) {
            problems.addText(path, text, "didn't pass validation: cannot be read: " + e.getMessage());
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }
}
