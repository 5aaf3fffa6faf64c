package io.matriarch.agent.cycle;

import io.matriarch.agent.node.NodeStatus;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Verdict;

/** Where decisions are kept for people who ask why. Its methods must return at once. */
@FunctionalInterface
public interface Journal {

    /** A verdict of the cycle; one with a result is the cycle's last. Called by the cycle's thread only. */
    void record(Verdict verdict, Situation situation);

    /** Something happened to this process. Called by the cycle's thread only. */
    default void event(String text) {}

    /** A cycle is over, and this is what the node now shows to others. Called by the cycle's thread only. */
    default void published(NodeStatus status) {}

    /** Both, one after the other. */
    default Journal and(Journal other) {
        Journal first = this;
        return new Journal() {
            @Override
            public void record(Verdict verdict, Situation situation) {
                first.record(verdict, situation);
                other.record(verdict, situation);
            }

            @Override
            public void event(String text) {
                first.event(text);
                other.event(text);
            }

            @Override
            public void published(NodeStatus status) {
                first.published(status);
                other.published(status);
            }

            @Override
            public String recent() {
                String kept = first.recent();
                return kept.isEmpty() ? other.recent() : kept;
            }
        };
    }

    /** The newest entries as lines, oldest first, for others who ask; may read files. Safe for any thread. */
    default String recent() {
        return "";
    }
}
