package io.matriarch.ctl.cli;

import java.util.Locale;
import java.util.Map;

/**
 * What the standard output of a tool can show. Only a terminal that says what it is gets colours and drawn lines: what
 * programs and files are given never depends on it.
 *
 * @param terminal whether a person looks at it
 * @param colours whether it has colours, and nobody turned them off by {@code NO_COLOR}
 * @param lines whether it can draw lines
 */
public record Screen(boolean terminal, boolean colours, boolean lines) {

    /** A pipe or a file. */
    public static final Screen NONE = new Screen(false, false, false);

    /** What stands out, by the numbers of ECMA-48. */
    public enum Colour {
        BOLD("1"),
        RED("31"),
        GREEN("32"),
        YELLOW("33"),
        CYAN("36");

        private final String code;

        Colour(String code) {
            this.code = code;
        }
    }

    static Screen of(boolean terminal, Map<String, String> environment) {
        String type = environment.getOrDefault("TERM", "");
        boolean capable = terminal && !type.isEmpty() && !type.equals("dumb");
        boolean wanted = environment.getOrDefault("NO_COLOR", "").isEmpty();
        return new Screen(terminal, capable && wanted, capable && isUnicode(environment));
    }

    /** The first of these variables that says something decides, as in C's libraries. */
    private static boolean isUnicode(Map<String, String> environment) {
        for (String variable : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
            String locale = environment.getOrDefault(variable, "").toUpperCase(Locale.ROOT);
            if (!locale.isEmpty()) {
                return locale.contains("UTF-8") || locale.contains("UTF8");
            }
        }
        return false;
    }

    /** The text in a colour, where there are any. */
    public String paint(Colour colour, String text) {
        return colours && !text.isEmpty() ? "\u001b[" + colour.code + "m" + text + "\u001b[0m" : text;
    }
}
