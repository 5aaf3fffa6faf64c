package io.matriarch.postgres;

import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compares parameters as configured with those of a running server (contract config.md 4.5). */
final class ParameterComparison {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.config");

    private static final List<String> MEMORY = List.of("TB", "GB", "MB", "kB", "B");
    private static final List<String> TIME = List.of("d", "h", "min", "s", "ms", "us");

    private ParameterComparison() {}

    /**
     * A row of {@code pg_settings}.
     *
     * @param value in units of {@code unit}
     * @param unit null: it has none
     * @param type {@code bool}, {@code integer}, {@code real}, {@code enum} or {@code string}
     */
    record Running(
            String name,
            String value,
            @Nullable String unit,
            String type,
            String context,
            String source,
            @Nullable String file,
            boolean pendingRestart) {

        /** Whether {@code text} means the value that is in force. */
        boolean means(String text) {
            return switch (type) {
                case "bool" -> Coercion.bool(text).equals(Coercion.bool(value));
                case "integer", "real" ->
                    number(text)
                            .flatMap(a -> number(value).map(b -> a.compareTo(b) == 0))
                            .orElse(false);
                case "enum" -> text.equalsIgnoreCase(value) || sameFlag(text, value);
                default -> text.equals(value);
            };
        }

        private static boolean sameFlag(String a, String b) {
            return Coercion.bool(a).isPresent() && Coercion.bool(a).equals(Coercion.bool(b));
        }

        /** Integers are rounded as the server rounds them. */
        private Optional<BigDecimal> number(String text) {
            Unit base = unit == null ? Unit.NONE : Unit.parse(unit).orElse(Unit.NONE);
            return type.equals("real")
                    ? Coercion.real(text, base)
                    : Coercion.integer(text, base).map(BigDecimal::valueOf);
        }

        /** For people: in the largest unit that it is a whole number of. */
        String human(String text) {
            return type.equals("integer") || type.equals("real")
                    ? number(text).map(this::inUnits).orElse(text)
                    : text;
        }

        private String inUnits(BigDecimal number) {
            Optional<Unit> base = Optional.ofNullable(unit).flatMap(Unit::parse);
            if (base.isEmpty() || base.get().kind() == Unit.Kind.PLAIN || number.signum() <= 0) {
                return plain(number);
            }
            BigDecimal size = number.multiply(base.get().factor());
            for (String name : base.get().kind() == Unit.Kind.MEMORY ? MEMORY : TIME) {
                BigDecimal[] parts =
                        size.divideAndRemainder(Unit.parse(name).orElseThrow().factor());
                if (parts[1].signum() == 0) {
                    return plain(parts[0]) + name;
                }
            }
            return plain(number) + unit;
        }

        private static String plain(BigDecimal number) {
            return number.stripTrailingZeros().toPlainString();
        }
    }

    /** What the server runs with, by lower-case name; parameters of recovery and {@code hot_standby} are left out. */
    static Map<String, Running> query(Connection connection) throws SQLException {
        var found = new LinkedHashMap<String, Running>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                    SELECT name, setting, unit, vartype, context, source, sourcefile, pending_restart
                      FROM pg_settings\
                    """)) {
            while (rows.next()) {
                String name = rows.getString(1).toLowerCase(Locale.ROOT);
                if (!RecoveryParameters.contains(name) && !name.equals("hot_standby")) {
                    found.put(
                            name,
                            new Running(
                                    name,
                                    Objects.requireNonNullElse(rows.getString(2), ""),
                                    rows.getString(3),
                                    rows.getString(4),
                                    rows.getString(5),
                                    rows.getString(6),
                                    rows.getString(7),
                                    rows.getBoolean(8)));
                }
            }
        }
        return found;
    }

    /**
     * Whether {@code wanted} asks for anything that the server does not have.
     *
     * @param wanted names that the server does not know are taken out
     * @param written what was written last
     */
    static boolean differs(Map<String, Running> running, Map<String, String> wanted, Map<String, String> written) {
        boolean changed = false;
        var names = new TreeSet<String>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(wanted.keySet());
        names.addAll(written.keySet());
        for (String name : names) {
            String key = name.toLowerCase(Locale.ROOT);
            String should = wanted.get(name);
            String was = written.get(name);
            if (RecoveryParameters.contains(key) || key.equals("hot_standby")) {
                continue;
            }
            Running is = running.get(key);
            if (key.indexOf('.') >= 0) {
                changed |= !Objects.equals(should, was);
            } else if (is == null) {
                if (should != null) {
                    LOG.log(Level.WARNING, "Removing invalid parameter `" + name + "` from postgresql.parameters");
                    wanted.remove(name);
                }
            } else if (should == null) {
                changed |= was != null;
            } else if (!matches(is, should, running)) {
                if (!is.context().equals("internal")) {
                    changed = true;
                    String restart = is.context().equals("postmaster") ? " (restart might be required)" : "";
                    LOG.log(
                            Level.INFO,
                            "Changed " + name + " from '" + is.human(is.value()) + "' to '" + is.human(should) + "'"
                                    + restart);
                }
            } else {
                changed |= was != null && !matches(is, was, running);
            }
        }
        return changed;
    }

    private static boolean matches(Running is, String should, Map<String, Running> running) {
        if (is.name().equals("wal_buffers") && should.strip().equals("-1")) {
            return is.value().equals(automaticWalBuffers(running));
        }
        return is.means(should);
    }

    /** As the server computes it, in blocks of 8 kB: a 32nd of shared_buffers, from 8 blocks to one segment. */
    private static String automaticWalBuffers(Map<String, Running> running) {
        long shared = number(running.get("shared_buffers"), 0);
        long segmentBytes = number(running.get("wal_segment_size"), 16L << 20);
        return Long.toString(Math.max(8, Math.min(shared / 32, segmentBytes / 8192)));
    }

    private static long number(@Nullable Running running, long otherwise) {
        return running == null
                ? otherwise
                : Coercion.integer(running.value(), Unit.NONE).orElse(otherwise);
    }
}
