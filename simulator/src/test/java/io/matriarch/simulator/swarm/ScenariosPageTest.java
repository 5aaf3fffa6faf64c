package io.matriarch.simulator.swarm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page of scenarios tells the truth: each number stands on it once, and each test that it names exists. */
class ScenariosPageTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ROW = Pattern.compile("\\| (S\\d+) \\| [^|]+ \\| ([^|]+) \\|");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");
    private static final String WORLD = "ScenarioTest";

    private record Row(String number, String proof) {}

    private static List<Row> rows() throws IOException {
        var rows = new ArrayList<Row>();
        for (String line : Files.readAllLines(ROOT.resolve("docs/scenarios.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.add(new Row(row.group(1), row.group(2)));
            }
        }
        return rows;
    }

    private static Map<String, Path> testClasses() throws IOException {
        var classes = new HashMap<String, Path>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith("Test.java"))
                            .forEach(file ->
                                    classes.put(file.getFileName().toString().replace(".java", ""), file));
                }
            }
        }
        return classes;
    }

    @Test
    void eachNumberStandsOnItOnce() throws IOException {
        List<String> all = IntStream.rangeClosed(1, 100)
                .mapToObj(number -> "S%02d".formatted(number))
                .toList();

        assertEquals(all, rows().stream().map(Row::number).toList());
    }

    @Test
    void eachTestThatItNamesExists() throws IOException {
        Map<String, Path> classes = testClasses();
        var missing = new ArrayList<String>();
        for (Row row : rows()) {
            Matcher test = TEST.matcher(row.proof());
            while (test.find()) {
                Path file = classes.get(test.group(1));
                String method = test.group(2);
                if (file == null || (method != null && !Files.readString(file).contains("void " + method + "("))) {
                    missing.add(row.number() + " " + test.group());
                }
            }
        }
        assertEquals(List.of(), missing);
    }

    @Test
    void itKnowsTheStoriesOfTheWorld() throws IOException {
        Set<String> told = new TreeSet<>();
        for (Row row : rows()) {
            if (row.proof().contains("`" + WORLD + "`")) {
                told.add(row.number());
            }
        }
        Set<String> numbers = new TreeSet<>();
        ScenarioTest.scenarios().forEach(scenario -> numbers.add(scenario.number()));

        assertEquals(numbers, told);
    }

    @Test
    void whoHasNoTestHasAReason() throws IOException {
        for (Row row : rows()) {
            assertTrue(TEST.matcher(row.proof()).find() || row.proof().strip().length() > 20, row::toString);
        }
        assertEquals(100, new HashSet<>(rows()).size());
    }
}
