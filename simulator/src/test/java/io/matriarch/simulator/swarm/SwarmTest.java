package io.matriarch.simulator.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.matriarch.simulator.Trace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Worlds full of faults, the same ones each time. */
class SwarmTest {

    /** As many as a minute of two cores is enough for. More are run with {@code matriarch simulate}. */
    private static final int SEEDS = 120;

    /** Its world is a small one. */
    private static final long SHORT_SEED = 5;

    @TempDir
    private Path directory;

    @Test
    void nothingHappensThatMustNot() throws Exception {
        int jobs = Runtime.getRuntime().availableProcessors();
        try (var workers = Executors.newFixedThreadPool(jobs)) {
            List<Future<Outcome>> worlds = LongStream.rangeClosed(1, SEEDS)
                    .mapToObj(seed -> workers.submit(() -> Run.of(Plan.of(seed), Trace.none())))
                    .toList();
            var violations = new StringBuilder();
            for (Future<Outcome> world : worlds) {
                Outcome outcome = world.get();
                if (!outcome.isGood()) {
                    violations
                            .append(outcome.plan())
                            .append("\n  ")
                            .append(outcome.description())
                            .append('\n');
                }
            }
            assertEquals("", violations.toString(), "see one with: matriarch simulate --shrink SEED");
        }
    }

    /** In this JVM and in one whose hash codes and whose order of immutable sets are others. */
    @Test
    void theSameSeedIsTheSameStory() throws Exception {
        Path printed = directory.resolve("story");
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UnlockExperimentalVMOptions",
                        "-XX:hashCode=3",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.matriarch.simulator.swarm.Simulate",
                        "--trace",
                        Long.toString(SHORT_SEED))
                .redirectOutput(printed.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            String story = new Story(Plan.of(SHORT_SEED)).toString();
            assertEquals(story, new Story(Plan.of(SHORT_SEED)).toString());
            assertNotEquals(story, new Story(Plan.of(SHORT_SEED + 1)).toString());
            other.waitFor(2, TimeUnit.MINUTES);
            assertEquals(
                    story, Files.readString(printed, StandardCharsets.UTF_8).stripTrailing());
        } finally {
            other.destroyForcibly();
        }
    }
}
