package io.matriarch.agent;

import io.matriarch.agent.logging.Logging;
import io.matriarch.agent.setup.SetupTools;
import io.matriarch.config.ConfigSource;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The daemon: {@code patroni CONFIG}. */
public final class Main {

    /** At the end the log could not be written, though nothing else went wrong. */
    private static final int LOGGING_BROKEN = 5;

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        switch (CommandLine.parse(List.of(args))) {
            case CommandLine.Print(String text) -> System.out.print(text);
            case CommandLine.Refuse(String text) -> {
                System.err.print(text);
                System.exit(2);
            }
            case CommandLine.Validate(String file, boolean ignoreListenPort, boolean print) ->
                System.exit(withLog(() -> setupTools().validate(file, ignoreListenPort, print)));
            case CommandLine.Sample(String output) ->
                System.exit(withLog(() -> setupTools().sample(output)));
            case CommandLine.Generate(String output, String dsn) ->
                System.exit(withLog(() -> setupTools().generate(output, dsn)));
            case CommandLine.Run(String configFile) -> System.exit(run(configFile));
        }
    }

    private static SetupTools setupTools() {
        return new SetupTools(System.getenv(), System.out, System.err);
    }

    /** What is logged on the way looks as the daemon's log does. */
    private static int withLog(IntSupplier work) {
        Logging logging = Logging.start();
        int code = work.getAsInt();
        logging.close();
        return code;
    }

    private static int run(@Nullable String configFile) throws InterruptedException {
        Logging logging = Logging.start();
        int code = new Agent(logging, ConfigSource.of(configFile, System.getenv())).run();
        boolean healthy = logging.close();
        return code == 0 && !healthy ? LOGGING_BROKEN : code;
    }
}
