package io.matriarch.postgres;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The post-crash gate as lines of {@code pg_hba.conf}: in front of all that stands there, the agent's own way in, then
 * {@code reject} for every database. The first line that matches decides, and {@code all} does not mean physical replication:
 * so standbys come in as ever.
 *
 * <p>The agent's own way in are the lines that let it in anyway, but for its user only, and over TCP from this host only: so
 * the method stays as it is configured. The file itself remembers that the gate is closed, for the next agent.
 */
final class HbaGate {

    private static final String BEGIN = "# post-crash gate: begin. The agent removes these lines";
    private static final String END = "# post-crash gate: end";

    private static final Set<String> TCP = Set.of("host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc");
    private static final Pattern FIELD = Pattern.compile("(?:\"[^\"]*\"|[^\\s\"])+");
    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]*");
    private static final Pattern NETWORK = Pattern.compile("(" + ADDRESS.pattern() + ")/(\\d{1,3})");
    private static final int METHOD_OF_LOCAL = 3;
    private static final int METHOD_OF_TCP = 4;
    private static final int BITS = 8;

    private HbaGate() {}

    /**
     * How the agent reaches the server.
     *
     * @param addresses where it comes from, when not over the socket
     */
    record Entrance(String user, boolean bySocket, List<InetAddress> addresses) {
        Entrance {
            addresses = List.copyOf(addresses);
        }
    }

    static boolean isIn(List<String> file) {
        return file.contains(BEGIN);
    }

    /** The file without the gate. */
    static List<String> without(List<String> file) {
        int begin = file.indexOf(BEGIN);
        int end = file.indexOf(END);
        if (begin < 0 || end < begin) {
            return file;
        }
        var rest = new ArrayList<>(file.subList(0, begin));
        rest.addAll(file.subList(end + 1, file.size()));
        return rest;
    }

    /** The file with the gate closed; empty when no line can be told to let the agent in. */
    static Optional<List<String>> closed(List<String> file, Entrance entrance) {
        List<String> open = without(file);
        List<String> ours = waysIn(open, entrance);
        if (ours.isEmpty()) {
            return Optional.empty();
        }
        var lines = new ArrayList<String>();
        lines.add(BEGIN);
        lines.addAll(ours);
        lines.add("local all all reject");
        lines.add("host all all all reject");
        lines.add(END);
        lines.addAll(open);
        return Optional.of(lines);
    }

    /** The file with the gate open, still marked: until the server has read it, it counts as closed. */
    static List<String> opening(List<String> file) {
        var lines = new ArrayList<>(List.of(BEGIN, END));
        lines.addAll(without(file));
        return lines;
    }

    private static List<String> waysIn(List<String> file, Entrance entrance) {
        var ways = new ArrayList<String>();
        for (String line : file) {
            List<MatchResult> fields = fields(line);
            if (fields.size() <= METHOD_OF_LOCAL || !admits(fields.get(2).group(), entrance.user())) {
                continue;
            }
            String type = fields.getFirst().group();
            if (entrance.bySocket()) {
                if (type.equals("local")) {
                    ways.add(way(line, fields, METHOD_OF_LOCAL, entrance.user(), ""));
                }
            } else if (TCP.contains(type) && fields.size() > METHOD_OF_TCP) {
                String network = fields.get(METHOD_OF_TCP - 1).group();
                String next = fields.get(METHOD_OF_TCP).group();
                boolean masked = fields.size() > METHOD_OF_TCP + 1
                        && ADDRESS.matcher(next).matches();
                for (InetAddress address : entrance.addresses()) {
                    if (masked ? isIn(address, network, literal(next)) : isIn(address, network)) {
                        String exactly = address.getHostAddress() + "/" + address.getAddress().length * BITS + " ";
                        int method = masked ? METHOD_OF_TCP + 1 : METHOD_OF_TCP;
                        ways.add(way(line, fields, method, entrance.user(), exactly));
                    }
                }
            }
        }
        return ways;
    }

    /** The same line for one user and address; the method with its options stays as it is written. */
    private static String way(String line, List<MatchResult> fields, int method, String user, String address) {
        return fields.get(0).group() + " " + fields.get(1).group() + " \"" + user + "\" " + address
                + line.substring(fields.get(method).start()).strip();
    }

    private static List<MatchResult> fields(String line) {
        int comment = line.indexOf('#');
        return FIELD.matcher(comment < 0 ? line : line.substring(0, comment))
                .results()
                .toList();
    }

    /** Groups, patterns and included files are not followed. */
    private static boolean admits(String users, String user) {
        return Arrays.stream(users.split(","))
                .anyMatch(one -> one.equals("all") || one.equals(user) || one.equals('"' + user + '"'));
    }

    private static boolean isIn(InetAddress address, String network) {
        if (network.equals("all") || network.equals("samehost") || network.equals("samenet")) {
            return true;
        }
        Matcher matcher = NETWORK.matcher(network);
        if (!matcher.matches()) {
            return network.equals("localhost") && address.isLoopbackAddress();
        }
        var mask = new byte[address.getAddress().length];
        int bits = Math.min(Integer.parseInt(matcher.group(2)), mask.length * BITS);
        for (int i = 0; i < bits; i++) {
            mask[i / BITS] |= (byte) (1 << (BITS - 1 - i % BITS));
        }
        return isIn(address, matcher.group(1), mask);
    }

    private static boolean isIn(InetAddress address, String network, byte[] mask) {
        byte[] start = literal(network);
        byte[] own = address.getAddress();
        if (start.length != own.length || mask.length != own.length) {
            return false;
        }
        var bits = new BigInteger(1, mask);
        return new BigInteger(1, own).and(bits).equals(new BigInteger(1, start).and(bits));
    }

    /** Empty when it is none. */
    private static byte[] literal(String address) {
        try {
            return InetAddress.ofLiteral(address).getAddress();
        } catch (IllegalArgumentException _) {
            return new byte[0];
        }
    }
}
