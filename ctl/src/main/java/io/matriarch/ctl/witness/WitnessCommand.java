package io.matriarch.ctl.witness;

import com.google.gson.JsonObject;
import io.matriarch.config.ConfigSource;
import io.matriarch.ctl.cli.ConfigFileOption;
import io.matriarch.ctl.cli.ToolLogging;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.embedded.Witness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code matriarch witness}: votes in the embedded store, without PostgreSQL, until it is told to end. */
@Command(
        name = "witness",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a voter of the embedded store without PostgreSQL: the third one for a cluster of two.",
            "Of its configuration only the name and the embedded section are looked at."
        })
public final class WitnessCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Parameters(paramLabel = "CONFIG", arity = "0..1", description = "The same as -c CONFIG.")
    private @Nullable String argument;

    @Override
    public Integer call() throws InterruptedException {
        String file = config.fileOr(argument);
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "Missing the configuration: -c FILE");
        }
        ToolLogging.install("INFO");
        try {
            if (!Files.isReadable(Path.of(file))) {
                throw new ConfigurationException(file + " does not exist or cannot be read");
            }
            JsonObject document = ConfigSource.of(file, System.getenv()).load();
            JsonObject section = Json.object(document, "embedded")
                    .orElseThrow(() -> new ConfigurationException(file + " has no embedded section"));
            Witness.run(section, Json.string(document, "name").orElse(""));
            return 0;
        } catch (ConfigurationException | StoreConfigurationException e) {
            System.err.println("witness: " + e.getMessage());
            return 1;
        }
    }
}
