package io.matriarch.model;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A date and time as people write them for a scheduled action (contract rest-api.md 5.3): ISO 8601 and its usual
 * variants, month names, a time alone for today. Day before month in digits ({@code 01/02/2026}) is ambiguous and not
 * read.
 *
 * @param offset null: none was written
 */
public record ScheduledTime(LocalDateTime time, @Nullable ZoneOffset offset) {

    private static final String ZONE = "(?:\\s*(Z|z|UTC|GMT|[-+]\\d{2}(?::?\\d{2})?))?";
    private static final String CLOCK = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?";
    private static final String COMPACT_CLOCK = "(\\d{2})(\\d{2})(?:(\\d{2})(?:[.,](\\d{1,9}))?)?";
    private static final Pattern TIME = Pattern.compile("(?:" + CLOCK + "|T?" + COMPACT_CLOCK + ")" + ZONE);
    private static final List<Pattern> DATES = List.of(
            Pattern.compile("(?<year>\\d{4})([-/.])(?<month>\\d{1,2})\\2(?<day>\\d{1,2})(?<rest>(?:[Tt ].*)?)"),
            Pattern.compile("(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})(?<rest>(?:[Tt ].*)?)"),
            Pattern.compile("(?<day>\\d{1,2})[- ](?<month>[A-Za-z]{3,9})[-, ]+(?<year>\\d{4})(?<rest>(?:[T ].*)?)"),
            Pattern.compile("(?<month>[A-Za-z]{3,9}) (?<day>\\d{1,2}),? (?<year>\\d{4})(?<rest>(?: .*)?)"));
    private static final List<String> MONTHS = List.of(
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december");

    /**
     * Reads a text.
     *
     * @param today the date of a text that names only a time
     * @return empty when it cannot be understood
     */
    public static Optional<ScheduledTime> parse(String text, LocalDate today) {
        String stripped = text.strip();
        try {
            for (Pattern pattern : DATES) {
                Matcher m = pattern.matcher(stripped);
                if (m.matches()) {
                    var date = LocalDate.of(
                            Integer.parseInt(m.group("year")),
                            month(m.group("month")),
                            Integer.parseInt(m.group("day")));
                    String rest = m.group("rest").strip();
                    return rest.isEmpty()
                            ? Optional.of(new ScheduledTime(date.atStartOfDay(), null))
                            : time(rest.substring(rest.charAt(0) == 'T' || rest.charAt(0) == 't' ? 1 : 0), date);
                }
            }
            return stripped.indexOf(':') > 0 ? time(stripped, today) : Optional.empty();
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Optional<ScheduledTime> time(String text, LocalDate date) {
        Matcher m = TIME.matcher(text.strip());
        if (!m.matches()) {
            return Optional.empty();
        }
        int first = m.group(1) != null ? 1 : 5;
        var time = LocalTime.of(
                Integer.parseInt(m.group(first)),
                Integer.parseInt(m.group(first + 1)),
                number(m.group(first + 2)),
                nanos(m.group(first + 3)));
        return Optional.of(new ScheduledTime(LocalDateTime.of(date, time), zone(m.group(9))));
    }

    private static int month(String text) {
        if (Character.isDigit(text.charAt(0))) {
            return Integer.parseInt(text);
        }
        String lower = text.toLowerCase(Locale.ROOT);
        for (int i = 0; i < MONTHS.size(); i++) {
            if (MONTHS.get(i).equals(lower)
                    || (lower.length() == 3 && MONTHS.get(i).startsWith(lower))) {
                return i + 1;
            }
        }
        throw new DateTimeException("no month: " + text);
    }

    private static int number(@Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    /** Microseconds are kept, what is finer is cut. */
    private static int nanos(@Nullable String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "000000").substring(0, 6)) * 1000;
    }

    private static @Nullable ZoneOffset zone(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return Character.isLetter(text.charAt(0)) ? ZoneOffset.UTC : ZoneOffset.of(text);
    }

    /** The time with its offset; empty when none was written. */
    public Optional<OffsetDateTime> zoned() {
        return offset == null ? Optional.empty() : Optional.of(time.atOffset(offset));
    }

    /** The time with its offset; with that of {@code local} when none was written. */
    public OffsetDateTime zonedOr(ZoneId local) {
        return offset == null ? time.atZone(local).toOffsetDateTime() : time.atOffset(offset);
    }
}
