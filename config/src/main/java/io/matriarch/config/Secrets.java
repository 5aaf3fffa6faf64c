package io.matriarch.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.Notice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the passwords that do not stand in the configuration itself: {@code ${VARIABLE}} names a variable of the
 * environment, {@code password_file} a file, and systemd hands over credentials, each under the dotted path of its key,
 * in {@code $CREDENTIALS_DIRECTORY}. Error messages never show a value.
 */
final class Secrets {

    /** Longer than any password, shorter than what is given by mistake. */
    private static final int MAX_BYTES = 10_000;

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

    private static final String AUTHENTICATION = "postgresql.authentication.";
    private static final List<String> USERS = List.of("superuser", "replication", "rewind");

    /** Dotted paths of names, which may come from variables but are no secrets. */
    private static final List<String> NAMES = List.of(
            "restapi.authentication.username", "ctl.authentication.username", "etcd.username", "etcd3.username");

    private static final List<String> VALUES = List.of(
            "restapi.authentication.password",
            "restapi.keyfile_password",
            "ctl.authentication.password",
            "ctl.keyfile_password",
            "etcd.password",
            "etcd3.password",
            "zookeeper.key_password",
            "consul.token",
            "raft.password");

    private final JsonObject tree;
    private final Map<String, String> environment;
    private final List<Notice> notices = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    private Secrets(JsonObject tree, Map<String, String> environment) {
        this.tree = tree;
        this.environment = environment;
    }

    /**
     * Puts the values in their places.
     *
     * @param tree changed in place
     * @param ofPostgres whether those of PostgreSQL's users are needed too
     * @return what the operator should know
     * @throws ConfigurationException when values cannot be had; a line with its path for each
     */
    static List<Notice> resolve(JsonObject tree, Map<String, String> environment, boolean ofPostgres)
            throws ConfigurationException {
        var secrets = new Secrets(tree, environment);
        secrets.all(ofPostgres);
        if (!secrets.faults.isEmpty()) {
            throw new ConfigurationException(String.join("\n", secrets.faults));
        }
        return secrets.notices;
    }

    private void all(boolean ofPostgres) {
        for (String path : NAMES) {
            attempt(() -> expand(path));
        }
        for (String path : VALUES) {
            attempt(() -> fetch(path, path));
        }
        if (ofPostgres) {
            users();
        }
    }

    private interface Fetch {
        void run() throws ConfigurationException;
    }

    /** One that cannot be had does not hide the others. */
    private void attempt(Fetch fetch) {
        try {
            fetch.run();
        } catch (ConfigurationException e) {
            faults.add(String.valueOf(e.getMessage()));
        }
    }

    /** All that hinders, where {@link #resolve} ends with the first fault. */
    static List<String> missing(JsonObject tree, Map<String, String> environment) {
        var secrets = new Secrets(tree, environment);
        secrets.all(true);
        return List.copyOf(secrets.faults);
    }

    /** Whether the tree itself holds a password. */
    static boolean isIn(JsonObject tree) {
        var places = new ArrayList<>(VALUES);
        for (String user : USERS) {
            places.add(AUTHENTICATION + user + ".password");
            places.add("postgresql." + user + ".password");
        }
        return places.stream()
                .anyMatch(path -> value(tree, path) instanceof JsonPrimitive p
                        && !p.getAsString().isEmpty()
                        && !VARIABLE.matcher(p.getAsString()).matches());
    }

    /** Users may stand directly under {@code postgresql}, which is an old layout; their credentials do not change name. */
    private void users() {
        boolean oldLayout = !(value(tree, "postgresql.authentication") instanceof JsonObject);
        for (String user : USERS) {
            boolean outside = oldLayout && value(tree, "postgresql." + user + ".username") != null;
            String prefix = outside ? "postgresql." : AUTHENTICATION;
            attempt(() -> expand(prefix + user + ".username"));
            for (String key : List.of("password", "sslpassword")) {
                attempt(() -> fetch(prefix + user + "." + key, AUTHENTICATION + user + "." + key));
            }
        }
    }

    private void fetch(String path, String credential) throws ConfigurationException {
        String fileKey = path + "_file";
        JsonElement file = value(tree, fileKey);
        boolean given = isGiven(value(tree, path));
        if (file instanceof JsonPrimitive named) {
            if (given) {
                notices.add(Notice.warning(fileKey + " is not used: " + path + " is set too"));
            } else {
                put(path, content(fileKey, Path.of(named.getAsString()), true));
            }
            remove(fileKey);
        } else if (given) {
            expand(path);
        } else {
            String directory = environment.get("CREDENTIALS_DIRECTORY");
            Path handed = directory == null || directory.isEmpty() ? null : Path.of(directory, credential);
            if (handed != null && Files.exists(handed)) {
                put(path, content("the credential " + credential, handed, false));
            }
        }
    }

    private void expand(String path) throws ConfigurationException {
        if (!(value(tree, path) instanceof JsonPrimitive text)) {
            return;
        }
        Matcher matcher = VARIABLE.matcher(text.getAsString());
        if (!matcher.matches()) {
            return;
        }
        String variable = matcher.group(1);
        String found = environment.get(variable);
        String canonical = "PATRONI_"
                + path.replace("postgresql.", "")
                        .replace("authentication.", "")
                        .replace('.', '_')
                        .toUpperCase(Locale.ROOT);
        if (found == null || found.isEmpty()) {
            throw new ConfigurationException(
                    path + ": the variable " + variable + " is not set in the environment of this"
                            + " process. Set it where the process is started, or give the value by " + canonical
                            + (path.endsWith("password") ? " or " + path + "_file" : ""));
        }
        put(path, found);
        notices.add(Notice.info(path + " is taken from the variable " + variable + "; without mentioning it in the"
                + " configuration, " + canonical + " does the same"));
    }

    private static String content(String place, Path file, boolean checkMode) throws ConfigurationException {
        try (InputStream in = Files.newInputStream(file)) {
            if (checkMode) {
                requirePrivate(place, file);
            }
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            String text = new String(bytes, StandardCharsets.UTF_8).stripTrailing();
            if (bytes.length > MAX_BYTES || text.isEmpty() || text.indexOf('\n') >= 0) {
                throw new ConfigurationException(place + ": " + file + " must hold one line, the password");
            }
            return text;
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(place + ": " + file + " does not exist", e);
        } catch (IOException e) {
            throw new ConfigurationException(
                    place + ": cannot read " + file + "; user " + System.getProperty("user.name")
                            + " must be allowed to",
                    e);
        }
    }

    /** As PostgreSQL demands of key files: nobody else's, but a file of root's may be shared with our group. */
    private static void requirePrivate(String place, Path file) throws IOException, ConfigurationException {
        PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
        Set<PosixFilePermission> mode = attributes.permissions();
        boolean byRoot = attributes.owner().getName().equals("root");
        boolean open = mode.stream()
                .anyMatch(p -> p.name().startsWith("OTHERS_")
                        || p == PosixFilePermission.GROUP_WRITE
                        || (p == PosixFilePermission.GROUP_READ && !byRoot));
        if (open) {
            throw new ConfigurationException(
                    place + ": " + file + " may be read or changed by others. Set its mode to 0600"
                            + ", or to 0640 when it belongs to root");
        }
    }

    private static boolean isGiven(@Nullable JsonElement value) {
        return value instanceof JsonPrimitive p && !p.getAsString().isEmpty();
    }

    private static @Nullable JsonElement value(JsonObject tree, String path) {
        JsonElement found = tree;
        for (String key : path.split("\\.")) {
            found = found instanceof JsonObject map ? map.get(key) : null;
        }
        return found;
    }

    private void put(String path, String text) {
        JsonObject parent = tree;
        String[] keys = path.split("\\.");
        for (int i = 0; i < keys.length - 1; i++) {
            JsonObject child = Json.object(parent, keys[i]).orElseGet(JsonObject::new);
            parent.add(keys[i], child);
            parent = child;
        }
        parent.addProperty(keys[keys.length - 1], text);
    }

    private void remove(String path) {
        int dot = path.lastIndexOf('.');
        if (value(tree, path.substring(0, dot)) instanceof JsonObject parent) {
            parent.remove(path.substring(dot + 1));
        }
    }
}
