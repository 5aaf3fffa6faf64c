package io.matriarch.simulator;

import java.util.random.RandomGenerator;

/**
 * Lots drawn from a seed: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). Written
 * here so that a seed means the same on each Java version.
 */
public final class Chance implements RandomGenerator {

    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long state;

    public Chance(long seed) {
        state = seed;
    }

    /** A stream of its own for one subject, so that lots drawn for another do not shift it. */
    Chance stream(String subject) {
        return new Chance(mix(state ^ mix(subject.hashCode() * GOLDEN_GAMMA)));
    }

    @Override
    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
        return b ^ (b >>> 31);
    }
}
