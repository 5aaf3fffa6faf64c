package io.matriarch.simulator.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code synchronous_standby_names} as the server reads it (PostgreSQL source, {@code syncrep_gram.y}, {@code
 * syncrep_scanner.l}): a list, {@code n (list)}, {@code FIRST n (list)} or {@code ANY n (list)}.
 *
 * @param any whether any {@code count} of the names do, instead of the first ones
 * @param count how many must confirm; 0: nobody waits
 * @param names in their order; {@code *} stands for everybody
 */
record SynchronousNames(boolean any, int count, List<String> names) {

    static final SynchronousNames NONE = new SynchronousNames(false, 0, List.of());

    SynchronousNames {
        names = List.copyOf(names);
    }

    boolean isDefined() {
        return count > 0;
    }

    /** 1 for the most preferred, 0 for a name that is not in the list. With {@code ANY} all are equal. */
    int priority(String applicationName) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals("*") || names.get(i).equalsIgnoreCase(applicationName)) {
                return any ? 1 : i + 1;
            }
        }
        return 0;
    }

    private enum Type {
        NAME,
        NUMBER,
        ANY,
        FIRST,
        SYMBOL
    }

    private record Token(Type type, String text) {}

    /** Empty when the server would refuse it. */
    static Optional<SynchronousNames> parse(String value) {
        Optional<List<Token>> tokens = scan(value);
        return tokens.isEmpty() || tokens.get().isEmpty() ? tokens.map(_ -> NONE) : new Reader(tokens.get()).config();
    }

    private static Optional<List<Token>> scan(String value) {
        var tokens = new ArrayList<Token>();
        int i = 0;
        while (i < value.length()) {
            char c = value.charAt(i);
            if (Character.isWhitespace(c)) {
                i++;
            } else if (c == ',' || c == '(' || c == ')') {
                tokens.add(new Token(Type.SYMBOL, String.valueOf(c)));
                i++;
            } else if (c == '*') {
                tokens.add(new Token(Type.NAME, "*"));
                i++;
            } else if (c == '"') {
                var text = new StringBuilder();
                i++;
                while (i < value.length() && (value.charAt(i) != '"' || isDoubled(value, i))) {
                    text.append(value.charAt(i));
                    i += value.charAt(i) == '"' ? 2 : 1;
                }
                if (i == value.length()) {
                    return Optional.empty();
                }
                tokens.add(new Token(Type.NAME, text.toString()));
                i++;
            } else {
                int from = i;
                boolean number = c >= '0' && c <= '9';
                while (i < value.length() && (number ? isDigit(value.charAt(i)) : isNamePart(value.charAt(i)))) {
                    i++;
                }
                if (i == from) {
                    return Optional.empty();
                }
                tokens.add(word(value.substring(from, i), number));
            }
        }
        return Optional.of(tokens);
    }

    private static Token word(String text, boolean number) {
        if (number) {
            return new Token(Type.NUMBER, text);
        }
        if (text.equalsIgnoreCase("any")) {
            return new Token(Type.ANY, text);
        }
        return new Token(text.equalsIgnoreCase("first") ? Type.FIRST : Type.NAME, text);
    }

    private static boolean isDoubled(String value, int quote) {
        return quote + 1 < value.length() && value.charAt(quote + 1) == '"';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_' || c == '$' || c >= 0x80;
    }

    /** Reads the tokens by the grammar. */
    private static final class Reader {

        private final List<Token> tokens;
        private int at;

        Reader(List<Token> tokens) {
            this.tokens = tokens;
        }

        Optional<SynchronousNames> config() {
            boolean any = tokens.getFirst().type() == Type.ANY;
            boolean first = tokens.getFirst().type() == Type.FIRST;
            if (any || first) {
                at++;
            }
            boolean group = at + 1 < tokens.size()
                    && tokens.get(at).type() == Type.NUMBER
                    && tokens.get(at + 1).text().equals("(")
                    && tokens.get(at + 1).type() == Type.SYMBOL;
            if (!group) {
                return any || first
                        ? Optional.empty()
                        : list(tokens.size()).map(n -> new SynchronousNames(false, 1, n));
            }
            Optional<Integer> count = positive(tokens.get(at).text());
            at += 2;
            if (count.isEmpty() || !isSymbol(tokens.size() - 1, ")")) {
                return Optional.empty();
            }
            return list(tokens.size() - 1).map(names -> new SynchronousNames(any, count.get(), names));
        }

        private static Optional<Integer> positive(String text) {
            try {
                return Optional.of(Integer.parseInt(text)).filter(n -> n > 0);
            } catch (NumberFormatException _) {
                return Optional.empty();
            }
        }

        private boolean isSymbol(int index, String symbol) {
            Token token = tokens.get(index);
            return token.type() == Type.SYMBOL && token.text().equals(symbol);
        }

        private Optional<List<String>> list(int end) {
            var names = new ArrayList<String>();
            while (at < end) {
                Type type = tokens.get(at).type();
                if (type != Type.NAME && type != Type.NUMBER) {
                    return Optional.empty();
                }
                names.add(tokens.get(at++).text());
                if (at < end && !(isSymbol(at, ",") && ++at < end)) {
                    return Optional.empty();
                }
            }
            return names.isEmpty() ? Optional.empty() : Optional.of(names);
        }
    }
}
