package io.matriarch.model.config;

import java.util.Optional;

/**
 * An address as {@code host:port}; an IPv6 host is kept without brackets.
 *
 * @param host may be empty or {@code *} where the contract allows it
 */
public record HostPort(String host, int port) {

    /** Reads {@code host:port}; empty when there is no port that is a number up to 65535. */
    public static Optional<HostPort> parse(String text) {
        int colon = text.lastIndexOf(':');
        return colon < 0
                ? Optional.empty()
                : port(text.substring(colon + 1)).map(port -> new HostPort(bare(text, colon), port));
    }

    /** As {@link #parse(String)}, with a port for a text that names none. */
    public static Optional<HostPort> parse(String text, int defaultPort) {
        boolean namesNoPort = text.indexOf(':') < 0 || text.endsWith("]");
        return namesNoPort ? Optional.of(new HostPort(bare(text, text.length()), defaultPort)) : parse(text);
    }

    private static Optional<Integer> port(String text) {
        String digits = text.strip();
        boolean plausible =
                !digits.isEmpty() && digits.length() <= 5 && digits.chars().allMatch(Character::isDigit);
        return plausible ? Optional.of(Integer.parseInt(digits)).filter(p -> p <= 65_535) : Optional.empty();
    }

    private static String bare(String text, int end) {
        String host = text.substring(0, end).strip();
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** The written form, IPv6 in brackets. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
