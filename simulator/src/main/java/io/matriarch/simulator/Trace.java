package io.matriarch.simulator;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.MessageFormat;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * What happened, in lines of time, place and words. Kept in memory, the latest lines only, and put into words when it is
 * read: most runs end well and nobody reads theirs.
 */
public final class Trace {

    private static final int MOST_LINES = 200_000;

    /**
     * One line before it is put into words.
     *
     * @param logged null: not a line of the log
     */
    private record Line(
            long at, String where, String what, @Nullable LogRecord logged) {

        @Override
        public String toString() {
            String text = logged == null ? what : logged.getLevel() + ": " + format(what, logged.getParameters());
            String line = String.format(Locale.ROOT, "%12.6f %-8s %s", at / 1e9, where, text);
            return logged == null || logged.getThrown() == null ? line : line + "\n" + stackOf(logged.getThrown());
        }

        private static String stackOf(Throwable thrown) {
            var text = new StringWriter();
            thrown.printStackTrace(new PrintWriter(text));
            return text.toString().stripTrailing();
        }

        private static String format(String pattern, @Nullable Object @Nullable [] parameters) {
            if (parameters == null || parameters.length == 0) {
                return pattern;
            }
            try {
                return new MessageFormat(pattern, Locale.ROOT).format(parameters);
            } catch (IllegalArgumentException e) {
                return pattern;
            }
        }
    }

    private final boolean wanted;
    private final boolean withEvents;
    private final ArrayDeque<Line> lines = new ArrayDeque<>();

    private Trace(boolean wanted, boolean withEvents) {
        this.wanted = wanted;
        this.withEvents = withEvents;
    }

    /** What was decided, logged, and done to the world. */
    public static Trace kept() {
        return new Trace(true, false);
    }

    /** Every single event besides: for those who look for a fault in a twin. */
    public static Trace ofEverything() {
        return new Trace(true, true);
    }

    /** Nothing, for runs that nobody will read about. */
    public static Trace none() {
        return new Trace(false, false);
    }

    public boolean isWanted() {
        return wanted;
    }

    boolean wantsEvents() {
        return withEvents;
    }

    void add(long at, String where, String what) {
        if (wanted) {
            add(new Line(at, where, what, null));
        }
    }

    /** A line that the production code logged. */
    void log(long at, String where, LogRecord line) {
        if (wanted) {
            add(new Line(at, where, String.valueOf(line.getMessage()), line));
        }
    }

    private void add(Line line) {
        if (lines.size() == MOST_LINES) {
            lines.removeFirst();
        }
        lines.addLast(line);
    }

    /** The lines, oldest first. */
    public List<String> lines() {
        return lines.stream().map(Line::toString).toList();
    }

    @Override
    public String toString() {
        return String.join("\n", lines());
    }
}
