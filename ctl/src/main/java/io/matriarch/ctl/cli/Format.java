package io.matriarch.ctl.cli;

import org.jspecify.annotations.Nullable;

/** The forms in which tables are printed. */
public enum Format {
    PRETTY,
    TSV,
    JSON,
    YAML;

    /** The words that people type. */
    @SuppressWarnings("MutablePublicArray") // read only, and kept an array for the speed of the start
    public static final String[] WORDS = {"pretty", "tsv", "json", "yaml", "yml"};

    /** One of {@link #WORDS}; null gives {@link #PRETTY}. */
    public static Format of(@Nullable String word) {
        return switch (word) {
            case "tsv" -> TSV;
            case "json" -> JSON;
            case "yaml", "yml" -> YAML;
            case null, default -> PRETTY;
        };
    }
}
