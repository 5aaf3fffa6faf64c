package io.matriarch.ctl.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The forms in which tables are printed. */
public enum Format {
    PRETTY,
    TSV,
    JSON,
    YAML;

    /** The words that people type. */
    public static final List<String> WORDS = List.of("pretty", "tsv", "json", "yaml", "yml");

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
