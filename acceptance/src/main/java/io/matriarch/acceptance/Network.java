package io.matriarch.acceptance;

import java.util.ArrayList;
import java.util.List;

/** A bridge with one network namespace per node, so that a node can be cut off. Needs root. */
final class Network implements AutoCloseable {

    private final String id = "m" + Long.toString(ProcessHandle.current().pid() % 100000, 36);
    private final int subnet = (int) (ProcessHandle.current().pid() % 200) + 20;
    private final int size;

    Network(int size) {
        this.size = size;
        ip("link", "add", bridge(), "type", "bridge");
        ip("addr", "add", hostAddress() + "/24", "dev", bridge());
        ip("link", "set", bridge(), "up");
        for (int i = 0; i < size; i++) {
            ip("netns", "add", namespace(i));
            ip("link", "add", outside(i), "type", "veth", "peer", "name", "eth0", "netns", namespace(i));
            ip("link", "set", outside(i), "master", bridge(), "up");
            inside(i, "addr", "add", address(i) + "/24", "dev", "eth0");
            inside(i, "link", "set", "eth0", "up");
            inside(i, "link", "set", "lo", "up");
        }
    }

    String hostAddress() {
        return "10.77." + subnet + ".1";
    }

    String address(int node) {
        return "10.77." + subnet + "." + (10 + node);
    }

    List<String> prefix(int node) {
        return List.of("ip", "netns", "exec", namespace(node));
    }

    /** Nothing reaches the node any more, and it reaches nobody: no FIN, no RST. */
    void cut(int node) {
        ip("link", "set", outside(node), "down");
    }

    void mend(int node) {
        ip("link", "set", outside(node), "up");
    }

    private String bridge() {
        return id + "br";
    }

    private String namespace(int node) {
        return id + "n" + node;
    }

    private String outside(int node) {
        return id + "v" + node;
    }

    private void inside(int node, String... arguments) {
        var command = new ArrayList<String>(List.of("ip", "-n", namespace(node)));
        command.addAll(List.of(arguments));
        Machine.run(command);
    }

    private static void ip(String... arguments) {
        var command = new ArrayList<String>(List.of("ip"));
        command.addAll(List.of(arguments));
        Machine.run(command);
    }

    @Override
    public void close() {
        for (int i = 0; i < size; i++) {
            ip("netns", "del", namespace(i));
        }
        ip("link", "del", bridge());
    }
}
