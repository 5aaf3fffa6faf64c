package io.matriarch.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * {@code postmaster.pid} (pidfile.h of PostgreSQL): one fact a line, later lines may still be missing while the server
 * starts.
 *
 * @param pid always positive
 * @param singleUser whether it is a single-user server, which the file says with a negative pid
 * @param startedAt seconds precision; the epoch when the line is missing
 * @param stopping whether it was asked to shut down
 */
record PostmasterPidFile(long pid, boolean singleUser, Instant startedAt, boolean stopping) {

    static final String NAME = "postmaster.pid";
    private static final int STATUS = 7;

    static Optional<PostmasterPidFile> read(Path dataDirectory) {
        try {
            return parse(Files.readAllLines(dataDirectory.resolve(NAME)));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static Optional<PostmasterPidFile> parse(List<String> lines) {
        try {
            long pid = Long.parseLong(lines.getFirst().strip());
            long started = lines.size() > 2 ? Long.parseLong(lines.get(2).strip()) : 0;
            boolean stopping =
                    lines.size() > STATUS && lines.get(STATUS).strip().equals("stopping");
            return pid == 0
                    ? Optional.empty()
                    : Optional.of(
                            new PostmasterPidFile(Math.abs(pid), pid < 0, Instant.ofEpochSecond(started), stopping));
        } catch (RuntimeException _) {
            // empty, or half written: there is nothing in it that could be believed
            return Optional.empty();
        }
    }
}
