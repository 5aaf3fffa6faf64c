package io.matriarch.agent.cycle;

/** Who this node is; never changes while the process lives. */
public record NodeIdentity(String scope, String name) {}
