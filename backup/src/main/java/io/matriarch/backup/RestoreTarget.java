package io.matriarch.backup;

import io.matriarch.model.Lsn;
import io.matriarch.model.ScheduledTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Up to where a cluster is restored (PostgreSQL manual, "Recovery Target"). */
public sealed interface RestoreTarget {

    /** Everything that was committed until then. */
    record Time(Instant time) implements RestoreTarget {}

    /** Every record of WAL that begins before a position, so that the position of an unwanted commit is the way to be rid of it. */
    record Position(Lsn lsn) implements RestoreTarget {}

    /** A point that was named with {@code pg_create_restore_point}. */
    record Name(String name) implements RestoreTarget {}

    /** As far as the archive goes. */
    record Latest() implements RestoreTarget {}

    /** The settings of PostgreSQL that stand for it; empty for {@link Latest}. */
    default Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        switch (this) {
            case Time(Instant time) ->
                settings.put(
                        "recovery_target_time",
                        DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT)
                                        .withZone(ZoneOffset.UTC)
                                        .format(time)
                                + "+00");
            case Position(Lsn lsn) -> {
                settings.put("recovery_target_lsn", lsn.toString());
                settings.put("recovery_target_inclusive", "off");
            }
            case Name(String name) -> settings.put("recovery_target_name", name);
            case Latest() -> {}
        }
        return settings;
    }

    /** A text from which {@link #parse} makes the same again. */
    default String text() {
        return switch (this) {
            case Time(Instant time) -> "time " + time;
            case Position(Lsn lsn) -> "lsn " + lsn;
            case Name(String name) -> "name " + name;
            case Latest() -> "latest";
        };
    }

    /** Reads {@link #text()}. */
    static Optional<RestoreTarget> parse(String text) {
        String[] words = text.split(" ", 2);
        return switch (words[0]) {
            case "latest" -> Optional.of(new Latest());
            case "time" -> words.length == 2 ? Optional.of(new Time(Instant.parse(words[1]))) : Optional.empty();
            case "lsn" -> words.length == 2 ? Lsn.parse(words[1]).map(Position::new) : Optional.empty();
            case "name" -> words.length == 2 ? Optional.of(new Name(words[1])) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /**
     * Reads a time as people type it, for instance {@code 2026-01-15 10:30:00}.
     *
     * @param local the zone of a time without one
     */
    static Optional<RestoreTarget> time(String text, LocalDate today, ZoneId local) {
        return ScheduledTime.parse(text, today)
                .map(time -> new Time(time.zonedOr(local).toInstant()));
    }
}
