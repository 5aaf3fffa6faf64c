package io.matriarch.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.matriarch.model.config.HostPort;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * Where one member of the ensemble listens, written as {@code host:clientPort:peerPort:electionPort}, an IPv6 host in
 * brackets, optionally with the member's number in front: {@code 7@host:…}.
 *
 * @param number the ensemble's name for it, 1 to 254; must never change while its data directory lives
 */
record MemberAddress(int number, String host, int clientPort, int peerPort, int electionPort) {

    private static final Pattern FORM =
            Pattern.compile("(?:(\\d{1,3})@)?(\\[[0-9a-fA-F:.]+]|[^:\\[\\]@\\s]+):(\\d{1,5}):(\\d{1,5}):(\\d{1,5})");
    private static final int MAX_NUMBER = 254;
    private static final int MAX_PORT = 65535;

    /** Empty when the text has another form. */
    static Optional<MemberAddress> parse(String name, String text) {
        Matcher m = FORM.matcher(text.strip());
        if (!m.matches()) {
            return Optional.empty();
        }
        int number = m.group(1) == null ? numberOf(name) : Integer.parseInt(m.group(1));
        String host = m.group(2).replaceAll("[\\[\\]]", "");
        var address = new MemberAddress(
                number, host, Integer.parseInt(m.group(3)), Integer.parseInt(m.group(4)), Integer.parseInt(m.group(5)));
        boolean inRange =
                number >= 1 && number <= MAX_NUMBER && address.ports().stream().allMatch(p -> p >= 1 && p <= MAX_PORT);
        return inRange ? Optional.of(address) : Optional.empty();
    }

    /**
     * A number made of the name alone, so that neither the order nor the count of the members in a file can shift it:
     * members that disagree about their numbers would be worse than any other mistake in the section.
     */
    static int numberOf(String name) {
        var crc = new CRC32();
        crc.update(name.getBytes(UTF_8));
        return (int) (crc.getValue() % MAX_NUMBER) + 1;
    }

    List<Integer> ports() {
        return List.of(clientPort, peerPort, electionPort);
    }

    /** Host and client port as clients write it. */
    String clientAddress() {
        return new HostPort(host, clientPort).toString();
    }

    /** The value of {@code server.N} in ZooKeeper's configuration. */
    String serverLine() {
        return new HostPort(host, peerPort) + ":" + electionPort + ":participant;" + clientAddress();
    }
}
