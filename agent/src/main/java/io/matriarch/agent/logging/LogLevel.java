package io.matriarch.agent.logging;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** The levels that Patroni users configure and see, and the levels of java.util.logging that carry them. */
public enum LogLevel {
    NOTSET(0, Level.ALL),
    DEBUG(10, Level.FINE),
    INFO(20, Level.INFO),
    WARNING(30, Level.WARNING),
    ERROR(40, Level.SEVERE),
    CRITICAL(50, new CriticalLevel());

    private static final class CriticalLevel extends Level {

        private static final long serialVersionUID = 1L;

        CriticalLevel() {
            super("CRITICAL", Level.SEVERE.intValue() + 100);
        }
    }

    private final int number;
    private final Level level;

    LogLevel(int number, Level level) {
        this.number = number;
        this.level = level;
    }

    /** Reads a configured name in any case, with Python's aliases {@code WARN} and {@code FATAL}. */
    static Optional<LogLevel> parse(String name) {
        return switch (name.strip().toUpperCase(Locale.ROOT)) {
            case "WARN" -> Optional.of(WARNING);
            case "FATAL" -> Optional.of(CRITICAL);
            case String upper ->
                Arrays.stream(values()).filter(l -> l.name().equals(upper)).findFirst();
        };
    }

    /** The level that a record of {@code level} is shown as. */
    static LogLevel of(Level level) {
        LogLevel found = DEBUG;
        for (LogLevel candidate : values()) {
            if (candidate != NOTSET && candidate.level.intValue() <= level.intValue()) {
                found = candidate;
            }
        }
        return found;
    }

    /** The number that Python gives it. */
    int number() {
        return number;
    }

    Level level() {
        return level;
    }

    /** Logs a fatal message, for which {@code System.Logger} has no level. */
    public static void critical(String loggerName, String text) {
        var logger = Logger.getLogger(loggerName);
        if (logger.isLoggable(CRITICAL.level)) {
            var record = new LogRecord(CRITICAL.level, text);
            record.setLoggerName(loggerName);
            logger.log(record);
        }
    }
}
