package io.matriarch.agent.setup;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.postgres.RunningInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The configuration of a server that runs already (contract config.md 5.3), put over a sample. */
final class InstanceConfig {

    /** What belongs to one host. */
    private static final Set<String> OF_THIS_HOST = Set.of(
            "archive_command",
            "restore_command",
            "archive_cleanup_command",
            "recovery_end_command",
            "ssl_passphrase_command",
            "hba_file",
            "ident_file",
            "config_file");

    /** What other keys of the configuration say. */
    private static final Set<String> SAID_ELSEWHERE =
            Set.of("listen_addresses", "port", "cluster_name", "data_directory", "external_pid_file");

    private static final Set<String> OF_A_USER = Set.of(
            "sslmode",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "gssencmode",
            "channel_binding",
            "sslnegotiation");

    private InstanceConfig() {}

    /**
     * Fills the sample.
     *
     * @param config changed in place
     * @param target how the server was reached
     * @throws IOException when a file of the server cannot be read; the message is the whole sentence
     */
    static void fill(JsonObject config, RunningInstance instance, Map<String, String> target) throws IOException {
        Map<String, String> places = instance.places();
        Path data = Path.of(places.getOrDefault("data_directory", ""));
        String name = places.getOrDefault("cluster_name", "");
        config.addProperty("scope", name.isEmpty() ? SampleConfig.FIXME : name);
        JsonObject postgresql = ConfigText.map(config, "postgresql");
        String port = places.getOrDefault("port", "5432");
        postgresql.addProperty("listen", places.getOrDefault("listen_addresses", "") + ":" + port);
        postgresql.addProperty(
                "connect_address",
                postgresql.get("connect_address").getAsString().replaceFirst("\\d+$", port));
        postgresql.addProperty("data_dir", data.toString());
        postgresql.addProperty("bin_dir", programs(data).toString());

        JsonObject dynamic = ConfigText.map(config, "bootstrap.dcs.postgresql.parameters");
        JsonObject local = new JsonObject();
        instance.settings().forEach((parameter, value) -> {
            if (OF_THIS_HOST.contains(parameter)) {
                local.addProperty(parameter, value);
            } else if (!SAID_ELSEWHERE.contains(parameter)) {
                dynamic.addProperty(parameter, value);
            }
        });
        Path configFile = Path.of(places.getOrDefault("config_file", data + "/postgresql.conf"));
        Path configDirectory = configFile.getParent();
        if (configDirectory != null && !configDirectory.equals(data)) {
            postgresql.addProperty("config_dir", configDirectory.toString());
        }
        postgresql.add("parameters", local);
        for (String kind : List.of("hba", "ident")) {
            JsonArray lines = lines("pg_" + kind + ".conf", places.getOrDefault(kind + "_file", ""), data);
            postgresql.remove("pg_" + kind);
            if (!lines.isEmpty()) {
                postgresql.add("pg_" + kind, lines);
            }
        }
        users(ConfigText.map(postgresql, "authentication"), target);
    }

    private static void users(JsonObject users, Map<String, String> target) {
        var superuser = new JsonObject();
        superuser.addProperty("username", target.getOrDefault("user", System.getProperty("user.name")));
        superuser.addProperty("password", target.getOrDefault("password", SampleConfig.FIXME));
        target.forEach((keyword, value) -> {
            if (OF_A_USER.contains(keyword)) {
                superuser.addProperty(keyword, value);
            }
        });
        users.add("superuser", superuser);
        users.remove("rewind");
        JsonObject replication = ConfigText.map(users, "replication");
        replication.addProperty("username", SampleConfig.FIXME);
        replication.addProperty("password", SampleConfig.FIXME);
    }

    private static Path programs(Path data) throws IOException {
        try {
            return RunningInstance.programs(data);
        } catch (IOException e) {
            throw e.getMessage() != null && e.getMessage().equals(RunningInstance.NO_SUCH_PROCESS)
                    ? e
                    : new IOException("Error while reading postmaster.pid file: " + e.getMessage(), e);
        }
    }

    /** Without comments; nothing when the file is kept outside the data directory, where it stays as it is. */
    private static JsonArray lines(String name, String file, Path data) throws IOException {
        if (file.isEmpty() || !data.equals(Path.of(file).getParent())) {
            return new JsonArray();
        }
        try {
            return ConfigText.list(Files.readAllLines(Path.of(file)).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList());
        } catch (IOException e) {
            throw new IOException("Failed to read " + name + ": " + e.getMessage(), e);
        }
    }
}
