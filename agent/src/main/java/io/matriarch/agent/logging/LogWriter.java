package io.matriarch.agent.logging;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The queue of events and the one thread that formats and writes them. Whoever logs never waits: when the disk or the
 * reader of standard error hangs, the queue fills and further events are dropped and counted.
 */
final class LogWriter {

    /** Where "no limit" ends: a record takes some hundred bytes, and memory ends too. */
    private static final int UNLIMITED = 100_000;

    /** How long the end of the process waits for the last lines. */
    private static final Duration LAST_LINES = Duration.ofSeconds(5);

    private sealed interface Item {
        record Event(LogEvent event) implements Item {}

        /** From here on, events go to another place in another form. */
        record Redirect(Layout layout, Sink.Opening opening) implements Item {}

        record End() implements Item {}
    }

    private final LinkedBlockingQueue<Item> queue = new LinkedBlockingQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final Thread thread;

    private volatile int limit;

    // the writer thread's own
    private Layout layout;
    private Sink sink;
    private long reportedLost;

    LogWriter(Layout layout, Sink sink, int maxQueueSize) {
        this.layout = layout;
        this.sink = sink;
        this.limit = limitOf(maxQueueSize);
        this.thread = Thread.ofPlatform().name("log-writer").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Never waits. */
    void add(LogEvent event) {
        if (waiting.incrementAndGet() > limit) {
            waiting.decrementAndGet();
            lost.incrementAndGet();
        } else {
            queue.add(new Item.Event(event));
        }
    }

    /** A sink that cannot be opened leaves the log where it is, which is said there. */
    void redirect(Layout newLayout, Sink.Opening newSink, int maxQueueSize) {
        limit = limitOf(maxQueueSize);
        queue.add(new Item.Redirect(newLayout, newSink));
    }

    int queueSize() {
        return waiting.get();
    }

    long lostRecords() {
        return lost.get() + failures.get();
    }

    /** Whether the next event would be dropped. */
    boolean isFull() {
        return waiting.get() >= limit;
    }

    /**
     * Writes what is waiting and ends.
     *
     * @return false when the queue was full or its end could not be reached in time: logging is broken
     */
    boolean close() {
        boolean full = isFull();
        queue.add(new Item.End());
        try {
            return thread.join(LAST_LINES) && !full;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static int limitOf(int maxQueueSize) {
        return maxQueueSize <= 0 ? UNLIMITED : maxQueueSize;
    }

    private void run() {
        try {
            while (handle(queue.take())) {
                if (queue.isEmpty()) {
                    attempt(() -> sink.flush());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        attempt(() -> sink.close());
    }

    private boolean handle(Item item) {
        switch (item) {
            case Item.Event(LogEvent event) -> {
                waiting.decrementAndGet();
                reportLoss();
                write(event);
                return true;
            }
            case Item.Redirect redirect -> {
                layout = redirect.layout;
                replaceSink(redirect.opening);
                return true;
            }
            case Item.End _ -> {
                reportLoss();
                return false;
            }
        }
    }

    private void replaceSink(Sink.Opening opening) {
        try {
            Sink opened = opening.open();
            attempt(() -> sink.close());
            sink = opened;
        } catch (IOException | RuntimeException e) {
            writeOwn(LogLevel.ERROR, "Can not open the log file: " + e);
        }
    }

    private void reportLoss() {
        long total = lost.get();
        if (total > reportedLost) {
            String text = "QueueHandler has lost " + (total - reportedLost) + " log records";
            reportedLost = total;
            writeOwn(LogLevel.WARNING, text);
        }
    }

    private void writeOwn(LogLevel level, String text) {
        write(new LogEvent(
                Instant.now(), level, "patroni.log", text, null, thread.getName(), thread.threadId(), "", ""));
    }

    private void write(LogEvent event) {
        attempt(() -> sink.write(layout.format(event)));
    }

    private interface Action {
        void perform() throws IOException;
    }

    /** A full disk or a closed pipe takes the line with it, which counts as lost; the thread lives on. */
    private void attempt(Action action) {
        try {
            action.perform();
        } catch (IOException | RuntimeException e) {
            failures.incrementAndGet();
        }
    }
}
