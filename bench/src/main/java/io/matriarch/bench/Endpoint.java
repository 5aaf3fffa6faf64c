package io.matriarch.bench;

import io.matriarch.acceptance.TestCluster;
import java.util.List;

/** One host of a multi-host connection string. */
record Endpoint(String name, String host, int port) {

    static List<Endpoint> of(TestCluster cluster) {
        return cluster.nodes.stream()
                .map(node -> new Endpoint(node.name, node.address, node.postgresPort))
                .toList();
    }
}
