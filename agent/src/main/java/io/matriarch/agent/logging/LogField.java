package io.matriarch.agent.logging;

import com.google.gson.JsonPrimitive;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoField;
import java.util.Optional;

/**
 * The attributes of a record that {@code %(field)s} names, as Python's logging has them. Positions in source files are
 * Java's, as good as they are known.
 */
final class LogField {

    private static final ProcessHandle PROCESS = ProcessHandle.current();

    private final String dateFormat;
    private final ZoneId zone;

    /** @param dateFormat a strftime pattern; empty for Python's default with milliseconds */
    LogField(String dateFormat, ZoneId zone) {
        this.dateFormat = dateFormat;
        this.zone = zone;
    }

    /** Whether a field asks for the place in the source, which costs a walk over the stack. */
    static boolean needsSource(String field) {
        return switch (field) {
            case "module", "filename", "pathname", "funcName" -> true;
            default -> false;
        };
    }

    /** A text or number; empty for a name that no record has. */
    Optional<JsonPrimitive> value(String field, LogEvent event) {
        return switch (field) {
            case "asctime" -> text(time(event.time()));
            case "levelname" -> text(event.level().name());
            case "levelno" -> number(event.level().number());
            case "message" -> text(event.message());
            case "name" -> text(event.logger());
            case "module" -> text(simpleName(event));
            case "filename" -> text(simpleName(event) + ".java");
            case "pathname" -> text(topLevelName(event).replace('.', '/') + ".java");
            case "funcName" -> text(event.methodName());
            case "lineno" -> number(0);
            case "process" -> number(PROCESS.pid());
            case "processName" -> text("MainProcess");
            case "thread" -> number(event.threadId());
            case "threadName" -> text(event.threadName());
            case "msecs" -> number(event.time().get(ChronoField.MILLI_OF_SECOND));
            case "relativeCreated" -> number(sinceStart(event.time()));
            case "created" -> number(event.time().toEpochMilli() / 1000.0);
            default -> Optional.empty();
        };
    }

    private String time(Instant instant) {
        ZonedDateTime time = instant.atZone(zone);
        return dateFormat.isEmpty()
                ? Strftime.format("%Y-%m-%d %H:%M:%S", time) + ",%03d".formatted(time.getNano() / 1_000_000)
                : Strftime.format(dateFormat, time);
    }

    /** Milliseconds. */
    private static long sinceStart(Instant time) {
        return PROCESS.info()
                .startInstant()
                .map(start -> Duration.between(start, time).toMillis())
                .orElse(0L);
    }

    private static String topLevelName(LogEvent event) {
        String name = event.className();
        int dollar = name.indexOf('$');
        return dollar < 0 ? name : name.substring(0, dollar);
    }

    private static String simpleName(LogEvent event) {
        String name = topLevelName(event);
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static Optional<JsonPrimitive> text(String text) {
        return Optional.of(new JsonPrimitive(text));
    }

    private static Optional<JsonPrimitive> number(Number number) {
        return Optional.of(new JsonPrimitive(number));
    }
}
