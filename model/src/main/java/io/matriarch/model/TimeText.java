package io.matriarch.model;

import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Times as the interfaces write them: seconds always, microseconds when they are not zero, the offset as hh:mm. */
public final class TimeText {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter MICROSECONDS = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);
    private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("xxx", Locale.ROOT);

    private TimeText() {}

    /** {@code 2026-11-25T01:02:03.000004+00:00}. */
    public static String iso(OffsetDateTime time) {
        return format(time, 'T');
    }

    /** {@code 2026-11-25 01:02:03.000004+00:00}. */
    public static String spaced(OffsetDateTime time) {
        return format(time, ' ');
    }

    private static String format(OffsetDateTime time, char separator) {
        DateTimeFormatter clock = time.getNano() / 1000 == 0 ? SECONDS : MICROSECONDS;
        return DATE.format(time) + separator + clock.format(time) + OFFSET.format(time);
    }
}
