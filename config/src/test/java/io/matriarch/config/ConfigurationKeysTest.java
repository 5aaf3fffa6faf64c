package io.matriarch.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.config.ConfigurationKeys.KnownKey;
import io.matriarch.config.ConfigurationKeys.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the table of keys, the page about them and the code together. {@code -Ddocs=write} writes the page anew.
 */
class ConfigurationKeysTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path PAGE = ROOT.resolve("docs/configuration-keys.md");

    /** The classes that read a section, by its name; the empty name for what stands at the top. */
    private static final Map<String, List<String>> READERS = readers();

    /** What a reader's code asks a section for. */
    private static final Pattern READ = Pattern.compile(
            "(?:\\.(?:text|flag|integer|list|listOrEmpty|lines|texts|element|section|required)\\(|Json\\.(?:string|object|bool|integer)\\(\\w+,"
                + " |flag\\(|number\\(|seconds\\()\"([a-z_]+)\"");

    /** Names that are read and are no keys of today's layout. */
    private static final Set<String> OLD_NAMES = Set.of(
            "exhibitor", "pg_rewind", "pg_basebackup", "enabled", "standby_mode", "password_file", "replication");

    private static Map<String, List<String>> readers() {
        String model = "model/src/main/java/io/matriarch/model/";
        String postgres = "postgres/src/main/java/io/matriarch/postgres/";
        var readers = new LinkedHashMap<String, List<String>>();
        List<String> top = List.of(
                model + "config/LocalConfigReader.java",
                model + "config/DivergedWalSettings.java",
                model + "config/JournalSettings.java",
                model + "config/PresentLayout.java",
                model + "config/ThreadSettings.java",
                postgres + "Bootstrapper.java");
        for (String section : List.of("", "restapi", "ctl", "bootstrap", "citus")) {
            readers.put(section, top);
        }
        readers.put(
                "matriarch",
                Stream.concat(
                                top.stream(),
                                Stream.of(
                                        model + "DynamicConfig.java",
                                        "backup/src/main/java/io/matriarch/backup/BackupSettings.java"))
                        .toList());
        readers.put("watchdog", List.of(model + "config/WatchdogSettings.java"));
        readers.put("tags", List.of(model + "Tags.java"));
        readers.put("log", List.of("agent/src/main/java/io/matriarch/agent/logging/LogSettings.java"));
        readers.put("etcd3", List.of("store-etcd/src/main/java/io/matriarch/store/etcd/EtcdSettings.java"));
        readers.put(
                "zookeeper",
                List.of("store-zookeeper/src/main/java/io/matriarch/store/zookeeper/ZooKeeperSection.java"));
        readers.put(
                "embedded", List.of("store-embedded/src/main/java/io/matriarch/store/embedded/EmbeddedSection.java"));
        readers.put(
                "postgresql",
                List.of(
                        model + "config/PostgresSettingsReader.java",
                        model + "config/PresentLayout.java",
                        model + "DynamicConfig.java",
                        postgres + "Callbacks.java",
                        postgres + "ReplicaCreator.java",
                        postgres + "RoleSettings.java",
                        postgres + "RunDirectories.java"));
        readers.put("dynamic", List.of(model + "DynamicConfig.java", model + "config/TimingRule.java"));
        readers.put(
                "standby_cluster",
                List.of(
                        model + "DynamicConfig.java",
                        model + "RemoteMember.java",
                        postgres + "RecoverySettings.java",
                        postgres + "ReplicaCreator.java"));
        return readers;
    }

    private static String source(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new IllegalStateException("a reader of the configuration has moved: " + file, e);
        }
    }

    private static List<String> readersOf(KnownKey key) {
        String[] names = key.path().split("\\.");
        String section = names.length > 1 ? names[0] : key.place() == Place.DYNAMIC ? "dynamic" : "";
        String last = Stream.of(names).filter(name -> !name.equals("*")).reduce("", (_, name) -> name);
        // the role is a suffix that is put behind the name
        String base = last.replaceFirst("_(primary|replica|standby_leader)$", "");
        var found = new ArrayList<String>();
        for (String file : READERS.getOrDefault(section, List.of())) {
            String text = source(file);
            boolean event = last.startsWith("on_") && text.contains(last.toUpperCase(Locale.ROOT));
            boolean suffixed = !base.equals(last) && text.contains("\"" + base + "\" + s");
            if (text.contains("\"" + last + "\"") || event || suffixed) {
                found.add(Path.of(file).getFileName().toString().replace(".java", ""));
            }
        }
        return found;
    }

    private static String page() {
        var text = new StringBuilder("""
            # Every key of the configuration

            Made from `config/src/main/resources/io/matriarch/config/keys.txt` and checked against the code by
            `ConfigurationKeysTest`; write it anew by running that test with `-Ddocs=write`. What is ours and how it fits together
            stands in [configuration.md](configuration.md).

            *Where*: **local** in the file or the environment, **dynamic** in the store (`patronictl edit-config`; `bootstrap.dcs` is its
            first content), **both**: a local value goes before. *Reload*: **at once** applied by `SIGHUP`, `POST /reload` and a changed
            dynamic configuration; **restart** needs a restart of the agent; **postgresql** reloaded into PostgreSQL, which may need a
            restart; **start** only read when a cluster is made. Every secret may also be given as `<key>_file`, the path of a file of
            mode 0600, as `${VARIABLE}`, or by systemd as the credential named like the key.
            """);
        String section = null;
        for (KnownKey key : ConfigurationKeys.all()) {
            String own = section(key);
            if (!own.equals(section)) {
                section = own;
                text.append("\n## ")
                        .append(own)
                        .append("\n\n| Key | Type | Default | Where | Reload | Meaning | Read by |\n")
                        .append("| --- | --- | --- | --- | --- | --- | --- |\n");
            }
            text.append("| `")
                    .append(key.path())
                    .append("` | ")
                    .append(key.type())
                    .append(" | ")
                    .append(key.fallback())
                    .append(" | ")
                    .append(key.place().name().toLowerCase(Locale.ROOT))
                    .append(" | ")
                    .append(key.reload())
                    .append(" | ")
                    .append(key.meaning())
                    .append(" | ")
                    .append(readersOf(key).isEmpty() ? "–" : String.join(", ", readersOf(key)))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String section(KnownKey key) {
        int dot = key.path().indexOf('.');
        String first = dot < 0 ? "" : key.path().substring(0, dot);
        return switch (first) {
            case "" -> key.place() == Place.DYNAMIC ? "Dynamic configuration" : "Top level";
            case "standby_cluster" -> "Dynamic configuration";
            case "citus", "consul", "etcd", "exhibitor", "kubernetes", "raft" -> "Not built yet";
            default -> "`" + first + "`";
        };
    }

    @Test
    void the_page_says_what_the_table_says() throws IOException {
        if ("write".equals(System.getProperty("docs"))) {
            Files.writeString(PAGE, page());
        }
        assertEquals(page(), Files.readString(PAGE), "run this test with -Ddocs=write");
    }

    @Test
    void each_key_is_read_by_some_class_or_says_that_it_is_not() {
        List<String> unread = ConfigurationKeys.all().stream()
                .filter(key -> readersOf(key).isEmpty())
                .map(KnownKey::path)
                .filter(path -> !path.matches("(citus|consul|etcd|exhibitor|kubernetes|raft)\\..*"))
                .filter(path -> !path.endsWith("*"))
                .toList();
        assertEquals(List.of(), unread);
    }

    @Test
    void whatever_the_readers_ask_for_stands_in_the_table() {
        Set<String> known = ConfigurationKeys.all().stream()
                .flatMap(key -> Stream.of(key.path().split("\\.")))
                .collect(Collectors.toCollection(TreeSet::new));
        known.addAll(OLD_NAMES);
        var asked = new TreeSet<String>();
        READERS.values().stream().flatMap(List::stream).distinct().forEach(file -> {
            Matcher matcher = READ.matcher(source(file));
            while (matcher.find()) {
                asked.add(matcher.group(1));
            }
        });
        assertTrue(asked.size() > 80, asked.toString());
        asked.removeAll(known);
        assertEquals(Set.of(), asked);
    }

    @Test
    void paths_are_unique_and_places_and_effects_are_those_that_are_explained() {
        var paths = new TreeSet<String>();
        for (KnownKey key : ConfigurationKeys.all()) {
            assertTrue(paths.add(key.place() + key.path()), key.path());
            assertTrue(Set.of("at once", "restart", "postgresql", "start").contains(key.reload()), key.toString());
            assertFalse(key.meaning().isBlank(), key.path());
            boolean type = key.type()
                    .matches("(text|secret|path|command|address|bool|int|number|time|size|list|lines|map|texts|any)"
                            + "(\\[-?\\d+\\.\\.\\d*])?|\\([A-Za-z ]+\\)");
            assertTrue(type, key.toString());
        }
    }
}
