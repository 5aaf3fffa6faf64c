package io.matriarch.postgres;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far a clone by {@code pg_basebackup} is.
 *
 * @param source the member that is copied
 * @param totalBytes estimated at the beginning; a source that grows is copied to more than 100 %
 */
public record CloneProgress(String source, long doneBytes, long totalBytes) {

    /** {@code 23161/23161 kB (100%), 1/1 tablespace}, the line that {@code pg_basebackup --progress} prints. */
    private static final Pattern LINE =
            Pattern.compile("\\s*(\\d{1,15})/(\\d{1,15}) kB \\(\\d+%\\), \\d+/\\d+ tables.*");

    /** Reads a line of the program's standard error; empty for lines of another kind. */
    static Optional<CloneProgress> parse(String source, String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches()
                ? Optional.of(new CloneProgress(
                        source, Long.parseLong(matcher.group(1)) * 1024, Long.parseLong(matcher.group(2)) * 1024))
                : Optional.empty();
    }

    /** 0 to 100. */
    public int percent() {
        return totalBytes == 0 ? 0 : (int) Math.min(doneBytes * 100 / totalBytes, 100);
    }
}
