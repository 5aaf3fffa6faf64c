package io.matriarch.ctl.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;

/** Ports of one node on loopback. */
record Ports(int postgres, int rest, int storeClient, int storePeer, int storeElection) {

    private static final int COUNT = 5;

    /**
     * Below the range from which the kernel takes the ports of outgoing connections: one of those could otherwise sit on
     * a port of ours before its owner has started.
     */
    private static final int LOWEST = 10_000;

    private static final int HIGHEST = 30_000;
    private static final int ATTEMPTS = 100;

    /** The ports of {@code nodes} nodes, all free a moment ago; several demos draw different ones. */
    static Ports[] free(int nodes, RandomGenerator random) throws DemoException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = random.nextInt(LOWEST, HIGHEST - nodes * COUNT);
            if (areFree(first, nodes * COUNT)) {
                var ports = new Ports[nodes];
                for (int node = 0; node < nodes; node++) {
                    int base = first + node * COUNT;
                    ports[node] = new Ports(base, base + 1, base + 2, base + 3, base + 4);
                }
                return ports;
            }
        }
        throw new DemoException("no free ports between " + LOWEST + " and " + HIGHEST + " on 127.0.0.1");
    }

    private static boolean areFree(int first, int count) {
        for (int port = first; port < first + count; port++) {
            try (var probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                probe.setReuseAddress(true);
            } catch (IOException _) {
                return false;
            }
        }
        return true;
    }
}
