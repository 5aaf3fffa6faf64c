package io.matriarch.postgres;

import io.matriarch.model.config.Credentials;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A libpq connection string in keyword form (PostgreSQL manual, "Connection Strings"), in the keyword order of contract
 * replication.md 4. Passwords do not belong in it: they travel in a {@link PgPass} file.
 *
 * @param settings keyword to value, in order; no empty values
 */
record Conninfo(Map<String, String> settings) {

    /** The password of the client's key. */
    static final String KEY_PASSWORD = "sslpassword";

    private static final List<String> ORDER = List.of(
            "dbname",
            "user",
            "passfile",
            "password",
            "host",
            "port",
            "sslmode",
            "sslcompression",
            "sslcert",
            "sslkey",
            KEY_PASSWORD,
            "sslrootcert",
            "sslcrl",
            "sslcrldir",
            "application_name",
            "krbsrvname",
            "gssencmode",
            "channel_binding",
            "target_session_attrs",
            "sslnegotiation");

    /** What libpq assumes and what is nevertheless written, so that a comparison finds it. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "sslmode", "prefer", "gssencmode", "prefer", "channel_binding", "prefer", "sslnegotiation", "postgres");

    /** The first major version that knows a keyword. */
    private static final Map<String, Integer> SINCE = Map.of("sslcrldir", 140000, "sslnegotiation", 170000);

    Conninfo {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /**
     * A connection to {@code upstream} as {@code user}, without password.
     *
     * @param ownDatabase when the upstream names none
     * @param version of the libpq that reads it, {@code 150000} style
     */
    static Conninfo to(Upstream upstream, Credentials user, String ownDatabase, int version) {
        var known = new LinkedHashMap<String, @Nullable String>(DEFAULTS);
        known.putAll(user.options());
        known.remove("password");
        known.put("dbname", upstream.database() == null ? ownDatabase : upstream.database());
        known.put("user", user.username());
        known.put("host", upstream.host());
        known.put("port", upstream.port() == null ? null : upstream.port().toString());
        var ordered = new LinkedHashMap<String, String>();
        for (String keyword : ORDER) {
            String value = known.get(keyword);
            if (value != null && !value.isEmpty() && version >= SINCE.getOrDefault(keyword, 0)) {
                ordered.put(keyword, value);
            }
        }
        return new Conninfo(ordered);
    }

    /** A copy with one setting more, in its place; null leaves it out. */
    Conninfo with(String keyword, @Nullable String value) {
        var changed = new LinkedHashMap<>(settings);
        changed.remove(keyword);
        if (value != null && !value.isEmpty()) {
            changed.put(keyword, value);
        }
        var ordered = new LinkedHashMap<String, String>();
        for (String known : ORDER) {
            String present = changed.remove(known);
            if (present != null) {
                ordered.put(known, present);
            }
        }
        ordered.putAll(changed);
        return new Conninfo(ordered);
    }

    Conninfo withPassfile(Path passfile) {
        return with("passfile", passfile.toString());
    }

    /** For the command line, which everybody on the machine can read: the password of the key travels in a file ({@link PgPass}). */
    String toArgument() {
        return with(KEY_PASSWORD, null).toString();
    }

    /** Blanks, quotes and backslashes are escaped with a backslash; an empty value is quoted. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        settings.forEach((keyword, value) -> {
            text.append(text.isEmpty() ? "" : " ").append(keyword).append('=');
            text.append(value.isEmpty() ? "''" : value.replaceAll("(['\\\\\\s])", "\\\\$1"));
        });
        return text.toString();
    }

    /** Reads what libpq would accept in keyword form; empty for anything else. Later settings win. */
    static Optional<Conninfo> parse(String text) {
        var settings = new LinkedHashMap<String, String>();
        int i = 0;
        while (true) {
            while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
                i++;
            }
            if (i == text.length()) {
                return Optional.of(new Conninfo(settings));
            }
            int equals = text.indexOf('=', i);
            if (equals < 0) {
                return Optional.empty();
            }
            String keyword = text.substring(i, equals).strip();
            if (keyword.isEmpty() || keyword.chars().anyMatch(Character::isWhitespace)) {
                return Optional.empty();
            }
            i = equals + 1;
            while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
                i++;
            }
            var value = new StringBuilder();
            boolean quoted = i < text.length() && text.charAt(i) == '\'';
            boolean closed = !quoted;
            for (i += quoted ? 1 : 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == '\\' && i + 1 < text.length()) {
                    value.append(text.charAt(++i));
                } else if (quoted && c == '\'') {
                    closed = true;
                    i++;
                    break;
                } else if (!quoted && Character.isWhitespace(c)) {
                    break;
                } else {
                    value.append(c);
                }
            }
            if (!closed) {
                return Optional.empty();
            }
            settings.put(keyword, value.toString());
        }
    }
}
