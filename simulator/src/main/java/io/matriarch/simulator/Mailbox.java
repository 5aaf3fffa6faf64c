package io.matriarch.simulator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Messages for one fiber: events put them in, the fiber waits for them. */
public final class Mailbox<T> {

    private final Scheduler scheduler;
    private final ArrayDeque<T> messages = new ArrayDeque<>();
    private @Nullable Fiber waiting;

    public Mailbox(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    public void put(T message) {
        messages.add(message);
        if (waiting != null) {
            scheduler.resume(waiting);
        }
    }

    public boolean isEmpty() {
        return messages.isEmpty();
    }

    /** The next message; empty when there is none in time. Without limit (null) it waits for good. */
    public Optional<T> take(@Nullable Duration limit) {
        if (messages.isEmpty() && (limit == null || limit.isPositive())) {
            waiting = scheduler.caller();
            scheduler.await(limit);
            waiting = null;
        }
        return Optional.ofNullable(messages.poll());
    }
}
