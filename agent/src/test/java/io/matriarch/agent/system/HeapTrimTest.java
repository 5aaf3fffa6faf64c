package io.matriarch.agent.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HeapTrimTest {

    private static final long MB = 1 << 20;

    private final AtomicLong heap = new AtomicLong();
    private final AtomicInteger collections = new AtomicInteger();

    @Test
    void aHeapThatHasGrownIsCollected() {
        var trim = new HeapTrim(heap::get, 64 * MB, () -> {
            collections.incrementAndGet();
            heap.set(6 * MB);
        });

        heap.set(9 * MB);
        trim.look();
        assertEquals(0, collections.get());
        heap.set(30 * MB);
        trim.look();
        trim.look();
        assertEquals(1, collections.get());
        heap.set(13 * MB);
        trim.look();
        assertEquals(2, collections.get());
    }

    @Test
    void whatIsNeededIsNotCollectedAgainAndAgain() {
        var trim = new HeapTrim(heap::get, 64 * MB, collections::incrementAndGet);
        heap.set(20 * MB);

        trim.look();
        trim.look();
        heap.set(39 * MB);
        trim.look();
        assertEquals(1, collections.get());
        heap.set(41 * MB);
        trim.look();
        assertEquals(2, collections.get());
    }

    @Test
    void whereMuchIsNeededItIsCollectedBeforeTheLimit() {
        var trim = new HeapTrim(heap::get, 64 * MB, collections::incrementAndGet);
        heap.set(40 * MB);
        trim.look();

        heap.set(49 * MB);
        trim.look();

        assertEquals(2, collections.get());
    }
}
