package io.matriarch.ctl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextDiffTest {

    @Test
    void equalTextsDoNotDiffer() {
        assertEquals(List.of(), TextDiff.unified("a\nb\n", "a\nb\n"));
    }

    @Test
    void aChangedLineStandsBetweenThreeLinesOfContext() {
        assertEquals(
                """
                --- \n+++ \n@@ -2,7 +2,7 @@
                 2
                 3
                 4
                -5
                +five
                 6
                 7
                 8\
                """,
                String.join("\n", TextDiff.unified("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n")));
    }

    @Test
    void anInsertionIntoNothingCountsFromLineZero() {
        assertEquals(List.of("--- ", "+++ ", "@@ -0,0 +1 @@", "+ttl: 20"), TextDiff.unified("", "ttl: 20\n"));
    }

    @Test
    void farChangesHaveHunksOfTheirOwnAndNearOnesShareOne() {
        String before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        assertEquals(
                2,
                hunks(TextDiff.unified(
                        before, before.replace("2\n3\n", "x\n3\n").replace("10\n", "y\n"))));
        assertEquals(
                1,
                hunks(TextDiff.unified(
                        before, before.replace("2\n3\n", "x\n3\n").replace("9\n", "y\n"))));
    }

    @Test
    void theDifferenceTurnsTheFirstTextIntoTheSecond() {
        var random = new Random(7);
        for (int round = 0; round < 500; round++) {
            List<String> before = lines(random);
            List<String> after = lines(random);
            List<String> difference = TextDiff.unified(String.join("\n", before), String.join("\n", after));
            assertEquals(after, patched(before, difference), () -> before + " to " + after + ": " + difference);
        }
    }

    private static List<String> lines(Random random) {
        var lines = new ArrayList<String>();
        for (int i = random.nextInt(20); i > 0; i--) {
            lines.add("k" + random.nextInt(4));
        }
        return lines;
    }

    /** Applies a difference the plain way: hunk positions, then marks. */
    private static List<String> patched(List<String> before, List<String> difference) {
        var result = new ArrayList<String>();
        int next = 0;
        for (String line : difference.isEmpty() ? difference : difference.subList(2, difference.size())) {
            if (line.startsWith("@@")) {
                String range = line.substring(4, line.indexOf(" +"));
                boolean isEmptyRange = range.endsWith(",0");
                int from = Integer.parseInt(range.replaceAll(",.*", "")) - (isEmptyRange ? 0 : 1);
                result.addAll(before.subList(next, from));
                next = from;
            } else if (line.startsWith("+")) {
                result.add(line.substring(1));
            } else {
                assertEquals(before.get(next++), line.substring(1));
                if (line.startsWith(" ")) {
                    result.add(line.substring(1));
                }
            }
        }
        result.addAll(before.subList(next, before.size()));
        return result;
    }

    private static long hunks(List<String> difference) {
        return difference.stream().filter(line -> line.startsWith("@@")).count();
    }
}
