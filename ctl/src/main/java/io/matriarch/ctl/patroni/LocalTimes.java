package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ScheduledTime;
import io.matriarch.model.TimeSource;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Times in the zone of whoever runs the tool. */
record LocalTimes(TimeSource time, ZoneId zone) {

    private ZonedDateTime now() {
        return time.wallClock().atZone(zone);
    }

    /** {@code 2026-11-23 23:27:40}. */
    String seconds() {
        return format("yyyy-MM-dd HH:mm:ss", now());
    }

    /** {@code 2026-11-23 23:27:40.03370}. */
    String fraction() {
        return format("yyyy-MM-dd HH:mm:ss.SSSSS", now());
    }

    /** An hour from now, as an example in questions: {@code 2026-11-23T23:27}. */
    String nextHour() {
        return format("yyyy-MM-dd'T'HH:mm", now().plusHours(1));
    }

    private static String format(String pattern, ZonedDateTime time) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT).format(time);
    }

    /**
     * Reads when something is to happen (contract ctl.md 8).
     *
     * @return null for "now"
     */
    @Nullable
    OffsetDateTime parseScheduled(String text) throws CommandFailure {
        String stripped = text.strip();
        if (stripped.isEmpty() || stripped.equalsIgnoreCase("now")) {
            return null;
        }
        return ScheduledTime.parse(stripped, now().toLocalDate())
                .map(scheduled -> scheduled.zonedOr(zone))
                .orElseThrow(() -> new CommandFailure("Unable to parse scheduled timestamp (" + text
                        + "). It should be in an unambiguous format (e.g. ISO 8601)"));
    }
}
