package io.matriarch.agent.logging;

import java.text.MessageFormat;
import java.time.Instant;
import java.util.Arrays;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * One record as the thread that logged it saw it.
 *
 * @param className where it was logged, empty when no layout asks for it
 */
record LogEvent(
        Instant time,
        LogLevel level,
        String logger,
        String message,
        @Nullable Throwable thrown,
        String threadName,
        long threadId,
        String className,
        String methodName) {

    static LogEvent of(LogRecord record, boolean withSource) {
        Thread thread = Thread.currentThread();
        String className = withSource ? record.getSourceClassName() : null;
        String methodName = withSource ? record.getSourceMethodName() : null;
        return new LogEvent(
                record.getInstant(),
                LogLevel.of(record.getLevel()),
                record.getLoggerName() == null ? "root" : record.getLoggerName(),
                text(record),
                record.getThrown(),
                thread.getName(),
                thread.threadId(),
                className == null ? "" : className,
                methodName == null ? "" : methodName);
    }

    LogEvent with(LogLevel newLevel, String newMessage, @Nullable Throwable newThrown) {
        return new LogEvent(time, newLevel, logger, newMessage, newThrown, threadName, threadId, className, methodName);
    }

    /** Parameters enter by their text: a port must not become {@code 5,432}. */
    private static String text(LogRecord record) {
        String message = String.valueOf(record.getMessage());
        Object[] parameters = record.getParameters();
        if (parameters == null || parameters.length == 0) {
            return message;
        }
        try {
            return MessageFormat.format(
                    message, Arrays.stream(parameters).map(String::valueOf).toArray());
        } catch (IllegalArgumentException e) {
            return message;
        }
    }
}
