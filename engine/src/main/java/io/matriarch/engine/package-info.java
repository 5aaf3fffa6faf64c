/**
 * The decisions: pure functions from a {@link io.matriarch.engine.Situation} to a {@link io.matriarch.engine.Verdict}.
 * Start at {@link io.matriarch.engine.HaRules}, which walks the rules in the order of contract ha-loop.md section 3; one
 * class per section holds the rules themselves, {@link io.matriarch.engine.Candidacy} the one for "who may promote".
 *
 * <p>Nothing here reads a clock, logs, waits or talks to anybody. A rule that needs to know more returns a step that
 * finds it out; the shell performs it, adds the answer to the situation and asks again.
 */
@NullMarked
package io.matriarch.engine;

import org.jspecify.annotations.NullMarked;
