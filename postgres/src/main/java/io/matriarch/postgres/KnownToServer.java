package io.matriarch.postgres;

import io.matriarch.postgres.ChildProcess.Command;
import io.matriarch.postgres.ChildProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The names that {@code postgres --describe-config} lists; asked for once for each program file. */
final class KnownToServer implements Predicate<String> {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private record Answer(String program, long changed, Set<String> names) {}

    private final Programs programs;
    private @Nullable Answer last;

    KnownToServer(Programs programs) {
        this.programs = programs;
    }

    /** @param name in lower case */
    @Override
    public synchronized boolean test(String name) {
        String program = programs.path("postgres");
        long changed = changed(program);
        Answer answer = last;
        if (answer == null || !answer.program.equals(program) || answer.changed != changed) {
            answer = new Answer(program, changed, ask(program));
            last = answer;
        }
        return answer.names.contains(name);
    }

    private static Set<String> ask(String program) {
        Result result = ChildProcess.run(Command.of(LIMIT, program, "--describe-config"), new Cancellation());
        if (result instanceof Result.Exited(int code, String stdout, var _) && code == 0) {
            return stdout.lines()
                    .map(line -> line.split("\t", 2)[0].toLowerCase(Locale.ROOT))
                    .collect(Collectors.toUnmodifiableSet());
        }
        return Set.of();
    }

    private static long changed(String program) {
        try {
            return Files.getLastModifiedTime(Path.of(program)).toMillis();
        } catch (IOException _) {
            return 0;
        }
    }
}
