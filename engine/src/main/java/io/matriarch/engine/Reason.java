package io.matriarch.engine;

/** One observation that led to a verdict, as it stands in the log. */
public record Reason(Level level, String text) {

    /** How loud it is. */
    public enum Level {
        INFO,
        WARNING,
        ERROR,
        CRITICAL
    }

    public static Reason info(String text) {
        return new Reason(Level.INFO, text);
    }

    public static Reason warning(String text) {
        return new Reason(Level.WARNING, text);
    }

    public static Reason error(String text) {
        return new Reason(Level.ERROR, text);
    }

    public static Reason critical(String text) {
        return new Reason(Level.CRITICAL, text);
    }
}
