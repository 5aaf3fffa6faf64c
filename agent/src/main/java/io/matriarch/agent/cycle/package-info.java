/**
 * The cycle: observe, decide, act, publish. {@link io.matriarch.agent.cycle.Cycle} is one pass,
 * {@link io.matriarch.agent.cycle.NodeMemory} what lasts between two; the other classes perform the engine's steps, one
 * subject each. All of it belongs to the cycle's thread, except where a class says otherwise, and runs against ports:
 * store, PostgreSQL, peers, fence, clock, jobs.
 */
@NullMarked
package io.matriarch.agent.cycle;

import org.jspecify.annotations.NullMarked;
