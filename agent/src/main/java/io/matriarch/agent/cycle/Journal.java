package io.matriarch.agent.cycle;

import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;

/** Where verdicts that change something, or refuse to, are kept for people who ask why. Must return at once. */
@FunctionalInterface
public interface Journal {

    void record(Verdict verdict, Situation situation);
}
