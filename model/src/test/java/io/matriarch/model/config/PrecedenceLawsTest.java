package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.LooseEquality;
import io.matriarch.model.PythonText;
import io.matriarch.model.RandomTrees;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which source of the configuration goes before which (contract config.md 1, 1.2, 4.2), over many random ones. */
class PrecedenceLawsTest {

    private static final int CASES = 500;
    private static final long SEED = 20261127;

    /** What every node needs and none of the cases is about. */
    private static final String NEEDED = """
        {scope: s, name: n, restapi: {listen: '127.0.0.1:8008'},
         postgresql: {listen: '127.0.0.1:5432', data_dir: /data, authentication: {replication: {username: r}}}}
        """;

    private static final List<String> SECTION_KEYS = List.of(
            "use_pg_rewind", "pg_ctl_timeout", "pre_promote", "before_stop", "bin_dir", "database", "my_method");
    private static final List<String> LOCAL_ONLY =
            List.of("connect_address", "proxy_address", "config_dir", "data_dir", "pgpass", "listen");
    private static final List<String> PARAMETERS =
            List.of("work_mem", "jit", "log_statement", "my.own", "max_connections", "Max_Wal_Senders", "hot_standby");

    private final Random random = new Random(SEED);

    private static JsonObject needed() throws ConfigurationException {
        return ConfigTree.parseYaml("needed", NEEDED);
    }

    /** Some of these keys, each with a value that tells where it comes from. */
    private JsonObject some(List<String> keys, String from) {
        var section = new JsonObject();
        for (String key : keys) {
            if (random.nextBoolean()) {
                section.addProperty(key, "/" + from + "-" + random.nextInt(100));
            }
        }
        return section;
    }

    private JsonObject parameters(int smallest) {
        var parameters = new JsonObject();
        for (String name : PARAMETERS) {
            if (random.nextBoolean()) {
                parameters.addProperty(name, random.nextInt(smallest, smallest + 100));
            }
        }
        return parameters;
    }

    private static DynamicConfig dynamic(JsonObject postgresql) {
        var document = new JsonObject();
        document.add("postgresql", postgresql);
        return new DynamicConfig(document);
    }

    private static JsonObject postgresql(JsonObject document) {
        return Json.object(document, "postgresql").orElseThrow();
    }

    @Test
    void a_local_key_of_postgresql_replaces_the_dynamic_one_as_a_whole() throws ConfigurationException {
        for (int i = 0; i < CASES; i++) {
            JsonObject shared = some(SECTION_KEYS, "dynamic");
            JsonObject own = some(SECTION_KEYS, "local");
            shared.add("callbacks", some(List.of("on_start", "on_stop"), "dynamic"));
            if (random.nextBoolean()) {
                own.add("callbacks", some(List.of("on_stop", "on_reload"), "local"));
            }
            JsonObject document = needed();
            own.entrySet().forEach(entry -> postgresql(document).add(entry.getKey(), entry.getValue()));

            JsonObject effective =
                    LocalConfig.parse(document).postgres(dynamic(shared)).section();

            for (String key : SECTION_KEYS) {
                JsonElement expected = own.has(key) ? own.get(key) : shared.get(key);
                assertEquals(expected, effective.get(key), key + " of " + own + " over " + shared);
            }
            assertEquals((own.has("callbacks") ? own : shared).get("callbacks"), effective.get("callbacks"));
        }
    }

    @Test
    void what_belongs_to_one_host_never_comes_from_the_dynamic_configuration() throws ConfigurationException {
        PostgresSettings without = LocalConfig.parse(needed()).postgres(DynamicConfig.EMPTY);
        for (int i = 0; i < CASES; i++) {
            JsonObject shared = some(LOCAL_ONLY, "dynamic");
            shared.add("authentication", new RandomTrees(i, true).any());
            assertEquals(without, LocalConfig.parse(needed()).postgres(dynamic(shared)), shared.toString());
        }
    }

    @Test
    void whether_slots_are_used_never_comes_from_the_file() throws ConfigurationException {
        for (Object local : List.of(true, false, "off", 0)) {
            for (Object shared : List.of(true, false, "maybe", "on")) {
                JsonObject document = needed();
                postgresql(document).addProperty("use_slots", local.toString());
                var section = new JsonObject();
                section.addProperty("use_slots", shared.toString());
                assertEquals(
                        List.of("true", "on").contains(shared.toString()),
                        LocalConfig.parse(document).postgres(dynamic(section)).useSlots());
                assertTrue(LocalConfig.parse(document)
                        .postgres(DynamicConfig.EMPTY)
                        .useSlots());
            }
        }
    }

    /** Ordinary ones: the local value; those that members must agree on: the dynamic value alone. */
    @Test
    void parameters_are_merged_name_by_name() throws ConfigurationException {
        for (int i = 0; i < CASES; i++) {
            JsonObject shared = parameters(100);
            JsonObject own = parameters(1_000);
            JsonObject document = needed();
            postgresql(document).add("parameters", own);
            var section = new JsonObject();
            section.add("parameters", shared);

            Map<String, String> effective =
                    LocalConfig.parse(document).postgres(dynamic(section)).parameters();

            for (String name : List.of("work_mem", "jit", "log_statement", "my.own")) {
                JsonElement expected = own.has(name) ? own.get(name) : shared.get(name);
                assertEquals(expected == null ? null : PythonText.str(expected), effective.get(name), name);
            }
            assertEquals(
                    shared.has("max_connections")
                            ? shared.get("max_connections").getAsString()
                            : "100",
                    effective.get("max_connections"));
            assertEquals(
                    shared.has("Max_Wal_Senders")
                            ? shared.get("Max_Wal_Senders").getAsString()
                            : "10",
                    effective.get("max_wal_senders"));
            assertEquals("on", effective.get("hot_standby"), "100 is not true");
            assertEquals(
                    ControlledParameters.commandLine(),
                    List.copyOf(effective.keySet())
                            .subList(0, ControlledParameters.commandLine().size()));
        }
    }

    @Test
    void nothing_local_changes_what_the_members_agree_on() throws ConfigurationException {
        var shared = new JsonObject();
        shared.add("parameters", parameters(100));
        Map<String, String> agreed = agreed(needed(), shared);
        for (int i = 0; i < CASES; i++) {
            JsonObject document = needed();
            postgresql(document).add("parameters", parameters(1_000));
            assertEquals(agreed, agreed(document, shared));
        }
    }

    private static Map<String, String> agreed(JsonObject document, JsonObject shared) throws ConfigurationException {
        var agreed = new TreeMap<>(
                LocalConfig.parse(document).postgres(dynamic(shared)).parameters());
        agreed.keySet().removeIf(name -> !ControlledParameters.isControlled(name));
        return agreed;
    }

    @Test
    void composing_does_not_touch_its_sources() throws ConfigurationException {
        for (int i = 0; i < CASES / 10; i++) {
            var shared = new JsonObject();
            shared.add("parameters", parameters(100));
            shared.add("callbacks", some(List.of("on_start"), "dynamic"));
            JsonObject document = needed();
            postgresql(document).add("parameters", parameters(1_000));
            String before = shared.toString() + document;

            LocalConfig.parse(document).postgres(dynamic(shared)).section().remove("callbacks");

            assertEquals(before, shared.toString() + document);
        }
    }

    @Test
    void a_variable_goes_before_every_file() throws ConfigurationException {
        Map<String, String[]> places = Map.of(
                "PATRONI_NAME", new String[] {"name"},
                "PATRONI_RESTAPI_LISTEN", new String[] {"restapi", "listen"},
                "PATRONI_POSTGRESQL_BIN_DIR", new String[] {"postgresql", "bin_dir"},
                "PATRONI_POSTGRESQL_BIN_PG_CTL", new String[] {"postgresql", "bin_name", "pg_ctl"},
                "PATRONI_SUPERUSER_PASSWORD", new String[] {"postgresql", "authentication", "superuser", "password"},
                "PATRONI_ETCD3_HOST", new String[] {"etcd3", "host"});
        for (int i = 0; i < CASES; i++) {
            var variables = new HashMap<String, String>();
            var files = new ArrayList<JsonObject>();
            var expected = new HashMap<String, String>();
            for (int file = 0; file < 3; file++) {
                var tree = new JsonObject();
                for (var place : places.entrySet()) {
                    if (random.nextBoolean()) {
                        put(tree, place.getValue(), "file-" + file);
                        expected.put(place.getKey(), "file-" + file);
                    }
                }
                files.add(tree);
            }
            for (String name : places.keySet()) {
                if (random.nextBoolean()) {
                    variables.put(name, "variable");
                    expected.put(name, "variable");
                }
            }
            files.add(EnvironmentConfig.read(variables).patch());

            JsonObject combined = ConfigTree.combine(files);

            for (var place : places.entrySet()) {
                assertEquals(expected.get(place.getKey()), get(combined, place.getValue()), place.getKey());
            }
            assertEquals(variables.keySet(), EnvironmentConfig.read(variables).consumed());
        }
    }

    private static void put(JsonObject tree, String[] path, String value) {
        JsonObject parent = tree;
        for (int i = 0; i < path.length - 1; i++) {
            if (!parent.has(path[i])) {
                parent.add(path[i], new JsonObject());
            }
            parent = parent.getAsJsonObject(path[i]);
        }
        parent.addProperty(path[path.length - 1], value);
    }

    private static @Nullable String get(JsonObject tree, String[] path) {
        @Nullable JsonElement found = tree;
        for (String name : path) {
            found = found instanceof JsonObject map ? map.get(name) : null;
        }
        return found instanceof JsonPrimitive p ? p.getAsString() : null;
    }

    /** Whatever the store holds, a node either says that it cannot use it or composes the same from its copy. */
    @Test
    void any_document_composes_to_the_same_again_or_is_refused() {
        var trees = new RandomTrees(SEED, true);
        for (int i = 0; i < CASES; i++) {
            JsonObject section = trees.any();
            section.add(random.nextBoolean() ? "parameters" : "callbacks", trees.any());
            try {
                PostgresSettings once = LocalConfig.parse(needed()).postgres(dynamic(section));
                PostgresSettings again = LocalConfig.parse(needed()).postgres(dynamic(section.deepCopy()));
                assertTrue(LooseEquality.equal(once.section(), again.section()));
            } catch (ConfigurationException e) {
                assertTrue(e.getMessage().contains("postgresql"), e.getMessage());
            }
        }
    }
}
