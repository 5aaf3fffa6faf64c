package io.matriarch.agent.system;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Gives memory back that requests have used once. The serial collector lets the heap grow to its limit before it looks at old
 * objects, and a process that answers health checks for weeks would hold all of it. A collection of what an agent keeps takes some
 * milliseconds, once a minute at most, and with the shipped options the heap shrinks with it.
 */
public final class HeapTrim {

    /** An agent without load keeps less. */
    private static final long USUAL_BYTES = 10L << 20;

    private static final Duration LOOK = Duration.ofMinutes(1);

    private final LongSupplier heap;
    private final long most;
    private final Runnable collector;
    private long worthIt = USUAL_BYTES;

    /**
     * @param heap size of the heap in bytes
     * @param limit that the heap never grows beyond
     * @param collector collects all of it
     */
    HeapTrim(LongSupplier heap, long limit, Runnable collector) {
        this.heap = heap;
        this.most = limit * 3 / 4;
        this.collector = collector;
    }

    /** Looks once a minute from now on. */
    public static void start() {
        var trim = new HeapTrim(
                Runtime.getRuntime()::totalMemory, Runtime.getRuntime().maxMemory(), System::gc);
        Thread.ofPlatform().daemon().name("heap trim").start(() -> {
            try {
                while (true) {
                    Thread.sleep(LOOK);
                    trim.look();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** What is still there after a collection is needed: the next one comes when the heap has grown by as much again. */
    void look() {
        if (heap.getAsLong() > worthIt) {
            collector.run();
            worthIt = Math.max(USUAL_BYTES, Math.min(2 * heap.getAsLong(), most));
        }
    }
}
