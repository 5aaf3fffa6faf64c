package io.matriarch.ctl.witness;

import com.google.gson.JsonObject;
import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.embedded.Witness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code matriarch witness}: votes in the embedded store, without PostgreSQL, until it is told to end. */
@Command(
        name = "witness",
        mixinStandardHelpOptions = true,
        description = "Runs a voter of the embedded store without PostgreSQL: the third one for a cluster of two.")
public final class WitnessCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "CONFIG",
            description =
                    "Configuration file (or directory) with a name and an embedded section; other sections are not"
                            + " looked at.")
    private Path config = Path.of("");

    @Override
    public Integer call() throws InterruptedException {
        ToolLogging.install("INFO");
        try {
            if (!Files.isReadable(config)) {
                throw new ConfigurationException(config + " does not exist or cannot be read");
            }
            JsonObject document =
                    ConfigSource.of(config.toString(), System.getenv()).load();
            JsonObject section = Json.object(document, "embedded")
                    .orElseThrow(() -> new ConfigurationException(config + " has no embedded section"));
            Witness.run(section, Json.string(document, "name").orElse(""));
            return 0;
        } catch (ConfigurationException | StoreConfigurationException e) {
            System.err.println("witness: " + e.getMessage());
            return 1;
        }
    }
}
