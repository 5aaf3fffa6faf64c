package io.matriarch.ctl.backup;

import io.matriarch.ctl.cli.Terminal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is being done, for people: a line for each step, and how far a long one is whenever that has changed by a tenth. */
final class Progress {

    private static final Pattern PERCENT = Pattern.compile("\\((\\d+)%\\)");
    private static final int STEP = 10;

    private final Terminal terminal;
    private int shown;

    Progress(Terminal terminal) {
        this.terminal = terminal;
    }

    synchronized void say(String text) {
        shown = 0;
        terminal.error(text);
    }

    /** A line of {@code pg_basebackup --progress}. */
    void percent(String line) {
        Matcher matcher = PERCENT.matcher(line);
        if (matcher.find()) {
            percent(Integer.parseInt(matcher.group(1)));
        }
    }

    synchronized void percent(long done) {
        int tenth = (int) (done / STEP) * STEP;
        if (tenth > shown) {
            shown = tenth;
            terminal.error("  " + tenth + " %");
        }
    }

    /** A size as people read it. */
    static String size(long bytes) {
        double value = bytes;
        for (String unit : new String[] {"B", "kB", "MB", "GB"}) {
            if (value < 1024) {
                return String.format(Locale.ROOT, value < 10 && !unit.equals("B") ? "%.1f %s" : "%.0f %s", value, unit);
            }
            value /= 1024;
        }
        return String.format(Locale.ROOT, "%.1f TB", value);
    }
}
