package io.matriarch.model.config;

/** Something about a configuration that its operator should know; whoever reads the configuration logs it. */
public record Notice(Severity severity, String text) {

    /** How bad it is. */
    public enum Severity {
        INFO,
        WARNING,
        ERROR
    }

    public static Notice info(String text) {
        return new Notice(Severity.INFO, text);
    }

    public static Notice warning(String text) {
        return new Notice(Severity.WARNING, text);
    }

    static Notice error(String text) {
        return new Notice(Severity.ERROR, text);
    }
}
