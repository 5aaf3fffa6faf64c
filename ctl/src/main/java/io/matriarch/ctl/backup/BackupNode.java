package io.matriarch.ctl.backup;

import com.google.gson.JsonObject;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.RepositoryException;
import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The node that a command runs on, from its configuration.
 *
 * @param configuration the file it was read from
 */
record BackupNode(Session session, Path configuration, LocalConfig local, BackupSettings settings) {

    static BackupNode read(Terminal terminal, @Nullable String configFile) throws CommandFailure {
        String named = configFile == null ? System.getenv("PATRONICTL_CONFIG_FILE") : configFile;
        if (named == null && Files.exists(Path.of(WalTransfer.DEFAULT_CONFIGURATION))) {
            named = WalTransfer.DEFAULT_CONFIGURATION;
        }
        Session session = Session.of(terminal, named, null, false);
        String source = session.settings().source();
        if (source == null) {
            throw new CommandFailure("Which node? Give its configuration by -c FILE");
        }
        try {
            // with the passwords of PostgreSQL's users, which tools do without otherwise
            JsonObject document = ConfigSource.of(source, System.getenv()).load();
            return new BackupNode(
                    session,
                    Path.of(source).toAbsolutePath(),
                    LocalConfig.parse(document),
                    BackupSettings.of(document));
        } catch (ConfigurationException | RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    PostgresSettings postgres(DynamicConfig dynamic) throws CommandFailure {
        try {
            return local.postgres(dynamic);
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** The path of one of PostgreSQL's programs. */
    static String program(PostgresSettings postgres, String name) {
        String file = postgres.binNames().getOrDefault(name, name);
        return postgres.binDir().isEmpty()
                ? file
                : Path.of(postgres.binDir(), file).toString();
    }
}
