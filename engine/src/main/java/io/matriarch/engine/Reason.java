package io.matriarch.engine;

/**
 * One observation that led to a verdict, as it stands in the log.
 *
 * @param text the words that tools match
 * @param detail who failed which check, with the measured value and the limit; empty when the text says it all
 */
public record Reason(Level level, String text, String detail) {

    /** How loud it is. */
    public enum Level {
        INFO,
        WARNING,
        ERROR,
        CRITICAL
    }

    public static Reason info(String text) {
        return new Reason(Level.INFO, text, "");
    }

    public static Reason warning(String text) {
        return new Reason(Level.WARNING, text, "");
    }

    public static Reason error(String text) {
        return new Reason(Level.ERROR, text, "");
    }

    public static Reason critical(String text) {
        return new Reason(Level.CRITICAL, text, "");
    }

    /** The same with the measured value and the limit. */
    Reason because(String measured) {
        return new Reason(level, text, measured);
    }

    /** Text and detail on one line. */
    public String full() {
        return detail.isEmpty() ? text : text + ": " + detail;
    }
}
