package io.matriarch.ctl.cli;

import java.util.ArrayList;
import java.util.List;

/** The unified difference of two texts with three lines of context (contract ctl.md 6). */
public final class TextDiff {

    private static final int CONTEXT = 3;

    /** A stretch of lines: equal ones, or some that were replaced by others. Ends are exclusive. */
    private record Stretch(boolean equal, int fromA, int toA, int fromB, int toB) {}

    private final List<String> a;
    private final List<String> b;

    private TextDiff(List<String> a, List<String> b) {
        this.a = a;
        this.b = b;
    }

    /** The lines of the difference, headers first; empty when the texts are equal. */
    public static List<String> unified(String before, String after) {
        return new TextDiff(before.lines().toList(), after.lines().toList()).unified();
    }

    private List<String> unified() {
        List<Stretch> stretches = stretches();
        var out = new ArrayList<String>();
        int i = 0;
        while (i < stretches.size()) {
            if (stretches.get(i).equal) {
                i++;
                continue;
            }
            int end = i + 1;
            while (end + 1 < stretches.size() && length(stretches.get(end)) <= 2 * CONTEXT) {
                end += 2;
            }
            if (out.isEmpty()) {
                out.add("--- ");
                out.add("+++ ");
            }
            appendHunk(out, stretches.subList(i, end));
            i = end;
        }
        return out;
    }

    private static int length(Stretch stretch) {
        return stretch.toA - stretch.fromA;
    }

    private void appendHunk(List<String> out, List<Stretch> stretches) {
        Stretch first = stretches.getFirst();
        Stretch last = stretches.getLast();
        int leading = Math.min(CONTEXT, first.fromA);
        int trailing = Math.min(CONTEXT, a.size() - last.toA);
        out.add("@@ -" + range(first.fromA - leading, last.toA + trailing) + " +"
                + range(first.fromB - leading, last.toB + trailing) + " @@");
        append(out, ' ', a.subList(first.fromA - leading, first.fromA));
        for (Stretch stretch : stretches) {
            if (stretch.equal) {
                append(out, ' ', a.subList(stretch.fromA, stretch.toA));
            } else {
                append(out, '-', a.subList(stretch.fromA, stretch.toA));
                append(out, '+', b.subList(stretch.fromB, stretch.toB));
            }
        }
        append(out, ' ', a.subList(last.toA, last.toA + trailing));
    }

    private static void append(List<String> out, char mark, List<String> lines) {
        for (String line : lines) {
            out.add(mark + line);
        }
    }

    /** {@code first,count}, counted from 1; an empty range names the line before it. */
    private static String range(int from, int to) {
        int count = to - from;
        if (count == 1) {
            return Integer.toString(from + 1);
        }
        return (count == 0 ? from : from + 1) + "," + count;
    }

    /** Equal and changed stretches in turn, along a longest common subsequence. */
    private List<Stretch> stretches() {
        int[][] common = commonLengths();
        var result = new ArrayList<Stretch>();
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            int fromA = i;
            int fromB = j;
            while (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
                i++;
                j++;
            }
            if (i > fromA) {
                result.add(new Stretch(true, fromA, i, fromB, j));
                continue;
            }
            while ((i < a.size() || j < b.size())
                    && !(i < a.size() && j < b.size() && a.get(i).equals(b.get(j)))) {
                if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
                    i++;
                } else {
                    j++;
                }
            }
            result.add(new Stretch(false, fromA, i, fromB, j));
        }
        return result;
    }

    /** For each pair of positions the length of the longest common subsequence of what follows. */
    private int[][] commonLengths() {
        var common = new int[a.size() + 1][b.size() + 1];
        for (int i = a.size() - 1; i >= 0; i--) {
            for (int j = b.size() - 1; j >= 0; j--) {
                common[i][j] = a.get(i).equals(b.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return common;
    }
}
