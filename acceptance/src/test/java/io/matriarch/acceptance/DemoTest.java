package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The first command of the README, as a newcomer runs it. */
class DemoTest {

    private static final int LIMIT_MINUTES = 6;
    private static final Pattern ALL_ROWS = Pattern.compile("all (\\d+) acknowledged rows are on all three servers");

    @Test
    void theTourLosesNoRowAndLeavesNothingBehind() throws IOException, InterruptedException {
        Path temporary = Machine.workspace();
        // Others must be able to pass: the tour's servers run as another user when it is root.
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path output = temporary.resolve("output");
        var builder = new ProcessBuilder(
                        Machine.checkout().resolve("bin/matriarch").toString(), "demo", "--tour")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("TMPDIR", temporary.toString());
        Process tour = builder.start();
        try {
            boolean ended = tour.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
            String text = Files.readString(output, StandardCharsets.UTF_8);

            assertTrue(ended, text);
            assertEquals(0, tour.exitValue(), text);
            Matcher rows = ALL_ROWS.matcher(text);
            assertTrue(rows.find() && Integer.parseInt(rows.group(1)) > 0, text);
            try (Stream<Path> files = Files.list(temporary)) {
                assertEquals(List.of(output), files.toList(), "files that the tour left");
            }
            assertEquals(List.of(), processesNaming(temporary), "processes that the tour left");
        } finally {
            tour.destroy();
            tour.waitFor(1, TimeUnit.MINUTES);
            Machine.delete(temporary);
        }
    }

    private static List<String> processesNaming(Path directory) {
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(command -> command.contains(directory.toString()))
                .toList();
    }
}
