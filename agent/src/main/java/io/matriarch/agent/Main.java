package io.matriarch.agent;

import io.matriarch.agent.logging.Logging;
import io.matriarch.config.ConfigSource;
import java.util.List;
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
            case CommandLine.Run(String configFile) -> System.exit(run(configFile));
        }
    }

    private static int run(@Nullable String configFile) throws InterruptedException {
        Logging logging = Logging.start();
        int code = new Agent(logging, ConfigSource.of(configFile, System.getenv())).run();
        boolean healthy = logging.close();
        return code == 0 && !healthy ? LOGGING_BROKEN : code;
    }
}
