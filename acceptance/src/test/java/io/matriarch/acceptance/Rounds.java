package io.matriarch.acceptance;

import java.util.Random;

/**
 * How often a proof by repetition is repeated: {@code -Dmatriarch.rounds=N}. Without it there is one round, of those that are over
 * soon, so that the tests of every day stay quick.
 */
final class Rounds {

    private static final int ASKED_FOR = Integer.getInteger("matriarch.rounds", 0);

    private Rounds() {}

    static int count() {
        return Math.max(1, ASKED_FOR);
    }

    /** Whether rounds that wait for the end of a lease belong to it. */
    static boolean areThorough() {
        return ASKED_FOR > 0;
    }

    /** Nodes of the cluster: {@code -Dmatriarch.nodes=N}, three without it. */
    static int nodes() {
        return Integer.getInteger("matriarch.nodes", 3);
    }

    /** Draws from {@code -Dmatriarch.seed=N}, or from a new seed; which one it was is printed. */
    static Random random() {
        long seed = Long.getLong("matriarch.seed", System.nanoTime() & 0xFFFFFFL);
        say("seed " + seed + ", rounds " + count() + ": -Dmatriarch.seed=" + seed + " -Dmatriarch.rounds=" + ASKED_FOR);
        return new Random(seed);
    }

    @SuppressWarnings("SystemOut")
    static void say(String line) {
        System.out.println(line);
    }
}
