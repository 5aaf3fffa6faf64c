package io.matriarch.simulator.postgres;

/** A data directory with everything in it; it survives processes and, as far as it was flushed, power loss. */
public final class Disk {}
