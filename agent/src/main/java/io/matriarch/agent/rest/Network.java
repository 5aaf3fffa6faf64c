package io.matriarch.agent.rest;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An address or a CIDR network. Addresses of IPv4 in IPv6 ({@code ::ffff:a.b.c.d}) are IPv4 addresses for the JDK, and
 * so they are here.
 *
 * @param prefix leading bits that count
 */
record Network(InetAddress address, int prefix) {

    private static final Pattern DOTTED_QUAD = Pattern.compile("(?:\\d{1,3}\\.){3}\\d{1,3}");

    /** Reads {@code 10.0.0.1}, {@code 10.0.0.0/8}, {@code fd00::/8}; empty when it is something else. */
    static Optional<Network> parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        if (literal.indexOf(':') < 0 && !DOTTED_QUAD.matcher(literal).matches()) {
            return Optional.empty(); // the JDK would take 10.1 for 10.0.0.1
        }
        try {
            var address = InetAddress.ofLiteral(literal);
            int bits = address.getAddress().length * 8;
            int prefix = slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1));
            return prefix < 0 || prefix > bits ? Optional.empty() : Optional.of(new Network(address, prefix));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    static Network of(InetAddress address) {
        return new Network(address, address.getAddress().length * 8);
    }

    boolean contains(InetAddress other) {
        byte[] mine = address.getAddress();
        byte[] theirs = other.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            int mask = 0x80 >> (bit & 7);
            if ((mine[bit >> 3] & mask) != (theirs[bit >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
