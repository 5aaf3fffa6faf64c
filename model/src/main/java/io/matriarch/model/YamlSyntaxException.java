package io.matriarch.model;

/** The text is not YAML, or not YAML that a configuration may contain. The message names line and column. */
public final class YamlSyntaxException extends Exception {

    private static final long serialVersionUID = 1L;

    YamlSyntaxException(String message) {
        super(message);
    }
}
