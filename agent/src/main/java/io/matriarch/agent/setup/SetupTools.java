package io.matriarch.agent.setup;

import com.google.gson.JsonObject;
import io.matriarch.config.ConfigSource;
import io.matriarch.config.Validation;
import io.matriarch.model.YamlWriter;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.postgres.InstalledServer;
import io.matriarch.postgres.RunningInstance;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tools behind {@code --validate-config}, {@code --generate-sample-config} and {@code --generate-config}. */
public final class SetupTools {

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    public SetupTools(Map<String, String> environment, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /**
     * Reports all that is wrong, a line for each fault on standard error.
     *
     * @param file null: the environment
     * @param print whether to print a good configuration afterwards
     * @return the exit code
     */
    public int validate(@Nullable String file, boolean ignoreListenPort, boolean print) {
        try {
            ConfigSource source = ConfigSource.of(file, environment);
            JsonObject tree = source.loadUnresolved();
            Validation.Result result = Validation.check(tree, new HostSurroundings(environment), ignoreListenPort);
            var secrets = source.secretsMissing(tree);
            result.errors().forEach(err::println);
            secrets.forEach(err::println);
            result.warnings().forEach(err::println);
            if (!result.errors().isEmpty() || !secrets.isEmpty()) {
                return 1;
            }
            if (print) {
                out.print(YamlWriter.block(tree));
            }
            return 0;
        } catch (ConfigurationException e) {
            err.println(e.getMessage());
            return 1;
        }
    }

    /** @return the exit code */
    public int sample(@Nullable String output) {
        try {
            JsonObject config = template();
            String directory = directoryOfPrograms(config);
            String program = directory.isEmpty()
                    ? "postgres"
                    : Path.of(directory, "postgres").toString();
            if (InstalledServer.versionOf(program).isEmpty()) {
                err.println("Failed to get postgres version: " + program + " --version does not work. Set"
                        + " PATRONI_POSTGRESQL_BIN_DIR to the directory of the server's programs");
                return 1;
            }
            write(ConfigText.of(config), output);
            return 0;
        } catch (ConfigurationException | IOException e) {
            err.println("Unexpected exception: " + e.getMessage());
            return 1;
        }
    }

    private static String directoryOfPrograms(JsonObject config) {
        return ConfigText.map(config, "postgresql").get("bin_dir").getAsString();
    }

    /**
     * Writes the configuration of a running server.
     *
     * @param dsn null: as the variables of libpq say
     * @return the exit code
     */
    public int generate(@Nullable String output, @Nullable String dsn) {
        Optional<Map<String, String>> target = RunningInstance.target(dsn == null ? "" : dsn, environment);
        if (target.isEmpty()) {
            err.println("Failed to parse DSN string");
            return 1;
        }
        var reached = new HashMap<>(target.get());
        try {
            RunningInstance instance = look(reached);
            if (!instance.superuser()) {
                err.println("The provided user does not have superuser privilege");
                return 1;
            }
            JsonObject config = template();
            InstanceConfig.fill(config, instance, reached);
            write(ConfigText.of(config), output);
            return 0;
        } catch (SQLException e) {
            err.println("Failed to establish PostgreSQL connection: " + e.getMessage());
        } catch (IOException e) {
            err.println(e.getMessage());
        } catch (ConfigurationException e) {
            err.println("Unexpected exception: " + e.getMessage());
        }
        return 1;
    }

    /** Asks for the password when the server wants one and nobody gave it. */
    private static RunningInstance look(Map<String, String> target) throws SQLException {
        try {
            return RunningInstance.look(target);
        } catch (SQLException e) {
            boolean wantsPassword = "08004".equals(e.getSQLState()) || "28P01".equals(e.getSQLState());
            if (!wantsPassword || target.containsKey("password")) {
                throw e;
            }
            target.put("password", typedPassword().orElseThrow(() -> e));
            return RunningInstance.look(target);
        }
    }

    /** Without a terminal there is nobody to ask. */
    private static Optional<String> typedPassword() {
        return Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .map(console -> console.readPassword("Please enter the user password:"))
                .map(String::new);
    }

    private JsonObject template() throws ConfigurationException {
        String host = SampleConfig.FIXME;
        String address = SampleConfig.FIXME;
        try {
            InetAddress own = InetAddress.getLocalHost();
            host = own.getHostName();
            address = own.getHostAddress();
        } catch (UnknownHostException _) {
            // a name that nobody resolves: somebody has to think
        }
        return SampleConfig.of(host, address, environment);
    }

    private void write(String text, @Nullable String output) throws IOException {
        if (output == null) {
            out.print(text);
            out.flush();
            return;
        }
        Path file = Path.of(output).toAbsolutePath();
        Path directory = file.getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Files.writeString(file, text + "\n");
    }
}
