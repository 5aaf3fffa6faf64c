package io.matriarch.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Splits a configured command into words as a POSIX shell would, without running one: blanks, single and double
 * quotes, backslashes; nothing is expanded.
 */
final class ShellWords {

    private ShellWords() {}

    /** Empty when a quote is not closed or the last character is a lone backslash. */
    static Optional<List<String>> split(String command) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < command.length(); i++) {
            char c = command.charAt(i);
            boolean escapes = c == '\\' && quote != '\'';
            if (escapes && i + 1 == command.length()) {
                return Optional.empty();
            }
            if (escapes) {
                char next = command.charAt(++i);
                if (quote == '"' && next != '"' && next != '\\') {
                    word.append(c);
                }
                word.append(next);
                inWord = true;
            } else if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            return Optional.empty();
        }
        if (inWord) {
            words.add(word.toString());
        }
        return Optional.of(List.copyOf(words));
    }
}
