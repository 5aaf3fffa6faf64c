package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;

/** Where decisions are kept for people who ask why. Must return at once. */
@FunctionalInterface
public interface Journal {

    /** A verdict of the cycle; one with a result is the cycle's last. Called by the cycle's thread only. */
    void record(Verdict verdict, Situation situation);

    /** Something happened to this process. Called by the cycle's thread only. */
    default void event(String text) {}
}
