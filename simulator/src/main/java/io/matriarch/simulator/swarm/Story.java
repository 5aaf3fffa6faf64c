package io.matriarch.simulator.swarm;

import io.matriarch.simulator.Trace;
import java.util.ArrayList;

/** One world, told from its plan to its end. */
final class Story {

    private final Outcome outcome;
    private final Trace trace = Trace.kept();

    /** Lets the world of the plan live. */
    Story(Plan plan) {
        this.outcome = Run.of(plan, trace);
    }

    Outcome outcome() {
        return outcome;
    }

    @Override
    public String toString() {
        var lines = new ArrayList<String>();
        lines.add(outcome.plan().toString());
        outcome.plan().faults().forEach(fault -> lines.add(fault.toString()));
        lines.add(trace.toString());
        lines.add(outcome.description());
        return String.join("\n", lines);
    }
}
