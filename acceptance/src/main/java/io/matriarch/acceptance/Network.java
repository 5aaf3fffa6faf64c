package io.matriarch.acceptance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A bridge with one network namespace per node, so that a node can be cut off. Needs root. */
final class Network implements AutoCloseable {

    private final String id = "m" + Long.toString(ProcessHandle.current().pid() % 100000, 36);
    private final String subnet;
    private final int size;

    /** One that this machine is part of. */
    Network(int size) {
        this(size, "10.77." + (ProcessHandle.current().pid() % 200 + 20));
        ip("addr", "add", hostAddress() + "/24", "dev", bridge());
    }

    /** One that this machine has no address in. */
    static Network apart(int size, String subnet) {
        return new Network(size, subnet);
    }

    private Network(int size, String subnet) {
        this.size = size;
        this.subnet = subnet;
        ip("link", "add", bridge(), "type", "bridge");
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
        return subnet + ".1";
    }

    String address(int node) {
        return subnet + "." + (10 + node);
    }

    List<String> prefix(int node) {
        return List.of("ip", "netns", "exec", namespace(node));
    }

    /** Nothing reaches the node any more, and it reaches nobody: no FIN, no RST. */
    void cut(int node) {
        Machine.run(List.of(cutCommand(node).split(" ")));
    }

    void mend(int node) {
        Machine.run(List.of(mendCommand(node).split(" ")));
    }

    String cutCommand(int node) {
        return "ip link set " + outside(node) + " down";
    }

    String mendCommand(int node) {
        return "ip link set " + outside(node) + " up";
    }

    /** Kills whatever runs in the namespaces. */
    void endProcesses() {
        for (int i = 0; i < size; i++) {
            String pids = Machine.run(List.of("ip", "netns", "pids", namespace(i)));
            List<ProcessHandle> processes = pids.lines()
                    .map(line -> ProcessHandle.of(Long.parseLong(line.strip())))
                    .flatMap(Optional::stream)
                    .toList();
            processes.forEach(ProcessHandle::destroyForcibly);
            processes.forEach(
                    p -> Await.until("process " + p.pid() + " is gone", Duration.ofSeconds(10), () -> !p.isAlive()));
        }
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
