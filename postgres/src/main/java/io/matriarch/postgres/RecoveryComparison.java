package io.matriarch.postgres;

import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether a running replica already recovers as it should (contract replication.md 5, "Change detection"). What counts
 * is what the server does, not what stands in a file: with a walreceiver, that is the connection that it has.
 */
final class RecoveryComparison {

    /** They have no bearing on a replica that has no target. */
    private static final Set<String> NOT_COMPARED = Set.of("recovery_target_inclusive", "recovery_target_action");

    /** May be set by an included file of the user's own; as long as we say nothing about them, they are his. */
    private static final Set<String> LEFT_TO_INCLUDES = Set.of(
            "archive_cleanup_command",
            "promote_trigger_file",
            "recovery_end_command",
            "recovery_min_apply_delay",
            "restore_command");

    private static final Map<String, String> CONNINFO_DEFAULTS = Map.of(
            "sslmode", "prefer", "gssencmode", "prefer", "channel_binding", "prefer", "sslnegotiation", "postgres");

    /** From this version on the name of a database in {@code primary_conninfo} means something. */
    private static final int DATABASE_MATTERS = 170000;

    private RecoveryComparison() {}

    /**
     * One setting of the server.
     *
     * @param unit null: it has none
     * @param needsRestart whether a reload is not enough to change it
     * @param file null: not from a file
     */
    record Setting(
            String value,
            @Nullable String unit,
            boolean needsRestart,
            @Nullable String file) {}

    /**
     * What the server does.
     *
     * @param receiverConninfo of the living walreceiver, else null
     * @param filesReadAt when the session that was asked read the files last, in milliseconds of the wall clock
     */
    record Current(
            Map<String, Setting> settings,
            @Nullable String receiverConninfo,
            @Nullable String receiverSlot,
            long filesReadAt) {}

    static Current query(Connection connection) throws SQLException {
        var settings = new LinkedHashMap<String, Setting>();
        String receiverConninfo = null;
        String receiverSlot = null;
        long filesReadAt = 0;
        String names = String.join("','", new TreeSet<>(RecoveryParameters.names()));
        try (Statement statement = connection.createStatement()) {
            // first: a session that reads the files between two queries has what follows from the newer ones
            try (ResultSet row = statement.executeQuery("SELECT pg_conf_load_time()")) {
                if (row.next()) {
                    filesReadAt = row.getTimestamp(1).getTime();
                }
            }
            try (ResultSet rows = statement.executeQuery(
                    "SELECT name, setting, unit, context, sourcefile FROM pg_settings WHERE name IN ('" + names
                            + "')")) {
                while (rows.next()) {
                    settings.put(
                            rows.getString(1),
                            new Setting(
                                    Optional.ofNullable(rows.getString(2)).orElse(""),
                                    rows.getString(3),
                                    "postmaster".equals(rows.getString(4)),
                                    rows.getString(5)));
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "SELECT conninfo, slot_name FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL")) {
                if (row.next()) {
                    receiverConninfo = row.getString(1);
                    receiverSlot = Optional.ofNullable(row.getString(2)).orElse("");
                }
            }
        }
        return new Current(settings, receiverConninfo, receiverSlot, filesReadAt);
    }

    /**
     * Compares.
     *
     * @param ownFiles the files that we write; what comes from others may be the user's own
     * @param passwordLines what the password file must hold
     */
    static RecoveryChange compare(
            Current current,
            Map<String, String> wanted,
            Set<Path> ownFiles,
            Path passwordFile,
            List<String> passwordLines,
            int version) {
        RecoveryChange change = RecoveryChange.NONE;
        for (var entry : current.settings().entrySet()) {
            String name = entry.getKey();
            Setting setting = entry.getValue();
            if (NOT_COMPARED.contains(name)) {
                continue;
            }
            String should = wanted.getOrDefault(name, "");
            boolean equal = switch (name) {
                case RecoveryParameters.PRIMARY_CONNINFO -> {
                    Optional<Conninfo> is = conninfo(current, setting, version);
                    if (is.isEmpty()) {
                        yield false;
                    }
                    yield equalConninfo(is.get(), should, passwordFile, passwordLines, version);
                }
                case RecoveryParameters.PRIMARY_SLOT_NAME ->
                    !wanted.containsKey(RecoveryParameters.PRIMARY_CONNINFO)
                            || should.equals(current.receiverSlot() == null ? setting.value() : current.receiverSlot());
                case "recovery_min_apply_delay" -> equalDelay(setting, should);
                default -> should.equals(setting.value());
            };
            boolean usersOwn = LEFT_TO_INCLUDES.contains(name)
                    && !wanted.containsKey(name)
                    && setting.file() != null
                    && !ownFiles.contains(Path.of(setting.file()));
            if (!equal && !usersOwn) {
                if (setting.needsRestart()) {
                    return RecoveryChange.RESTART;
                }
                change = RecoveryChange.RELOAD;
            }
        }
        return change;
    }

    /** The connection that the walreceiver has, or would make; the database stands in the parameter alone. */
    private static Optional<Conninfo> conninfo(Current current, Setting parameter, int version) {
        Optional<Conninfo> configured = Conninfo.parse(parameter.value());
        if (current.receiverConninfo() == null) {
            return configured;
        }
        String database = version >= DATABASE_MATTERS
                ? configured.map(c -> c.settings().get("dbname")).orElse(null)
                : null;
        return Conninfo.parse(current.receiverConninfo()).map(receiver -> receiver.with("dbname", database));
    }

    private static boolean equalConninfo(
            Conninfo is, String shouldText, Path passwordFile, List<String> passwordLines, int version) {
        if (shouldText.isEmpty()) {
            return is.settings().isEmpty();
        }
        Map<String, String> should = Conninfo.parse(shouldText).orElseThrow().settings();
        for (var entry : should.entrySet()) {
            String keyword = entry.getKey();
            boolean database = keyword.equals("dbname");
            if (database && version < DATABASE_MATTERS) {
                continue;
            }
            String value = is.settings().getOrDefault(keyword, CONNINFO_DEFAULTS.getOrDefault(keyword, ""));
            if (!value.equals(entry.getValue())) {
                return false;
            }
        }
        return !should.containsKey("passfile") || holds(passwordFile, passwordLines);
    }

    private static boolean holds(Path passwordFile, List<String> lines) {
        try {
            return new HashSet<>(Files.readAllLines(passwordFile)).equals(new HashSet<>(lines));
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean equalDelay(Setting setting, String should) {
        return Coercion.integer(should.isEmpty() ? "0" : should, Unit.MILLISECONDS)
                .equals(Coercion.integer(setting.value(), Unit.MILLISECONDS));
    }
}
