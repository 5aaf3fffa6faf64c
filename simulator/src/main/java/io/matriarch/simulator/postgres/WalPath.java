package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All records from initdb up to some position, through all timelines: what one data directory went through. The records
 * up to where a server has replayed are its content; those behind it are WAL that waits.
 *
 * <p>Immutable. Paths of servers that follow each other share one list and differ in how much of it they see, so that a
 * copy costs nothing; who writes something else than the list holds gets a list of its own.
 */
final class WalPath {

    private final List<WalRecord> shared;
    private final int size;
    private final long segmentBytes;

    private WalPath(List<WalRecord> shared, int size, long segmentBytes) {
        this.shared = shared;
        this.size = size;
        this.segmentBytes = segmentBytes;
    }

    static WalPath empty(long segmentBytes) {
        return new WalPath(new ArrayList<>(), 0, segmentBytes);
    }

    long segmentBytes() {
        return segmentBytes;
    }

    int size() {
        return size;
    }

    WalRecord get(int index) {
        if (index >= size) {
            throw new IndexOutOfBoundsException(index + " of " + size);
        }
        return shared.get(index);
    }

    /** Null in an empty path. */
    @Nullable
    WalRecord last() {
        return size == 0 ? null : shared.get(size - 1);
    }

    /** Where the last record ends; an empty path stands at the end of the first segment, which no cluster uses. */
    Lsn end() {
        return size == 0 ? new Lsn(segmentBytes) : shared.get(size - 1).end();
    }

    WalPath append(WalRecord next) {
        if (size == shared.size()) {
            shared.add(next);
            return new WalPath(shared, size + 1, segmentBytes);
        }
        if (shared.get(size) == next) {
            return new WalPath(shared, size + 1, segmentBytes);
        }
        var own = new ArrayList<WalRecord>(shared.subList(0, size));
        own.add(next);
        return new WalPath(own, size + 1, segmentBytes);
    }

    /** The path up to the last record that ends at or before {@code position}. */
    WalPath upTo(Lsn position) {
        int below = indexOf(position);
        int count = below < size && shared.get(below).end().equals(position) ? below + 1 : below;
        return count == size ? this : new WalPath(shared, count, segmentBytes);
    }

    /** The index of the first record that ends at or behind {@code position}; {@link #size()} when there is none. */
    private int indexOf(Lsn position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (shared.get(middle).end().compareTo(position) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The index of the first record that begins at or behind {@code position}. */
    int firstFrom(Lsn position) {
        int index = indexOf(position);
        return index < size && shared.get(index).start().compareTo(position) < 0 ? index + 1 : index;
    }

    /** Whether this very record is on the path. */
    boolean holds(WalRecord record) {
        int index = indexOf(record.end());
        return index < size && shared.get(index) == record;
    }

    /** Whether the other path begins with this one. */
    boolean isPrefixOf(WalPath other) {
        return size <= other.size && (size == 0 || other.shared.get(size - 1) == shared.get(size - 1));
    }

    /** The longest beginning that both have. */
    WalPath commonWith(WalPath other) {
        int low = 0;
        int high = Math.min(size, other.size);
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (shared.get(middle - 1) == other.shared.get(middle - 1)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return new WalPath(shared, low, segmentBytes);
    }

    /** The timeline that the last record was written on; 1 in an empty path. */
    int timeline() {
        return size == 0 ? 1 : shared.get(size - 1).timeline();
    }

    /** All timelines that there is a record of. */
    Set<Integer> timelines() {
        var timelines = new TreeSet<Integer>();
        for (int i = 0; i < size; i++) {
            timelines.add(shared.get(i).timeline());
        }
        return timelines;
    }

    /** Where the first record of a timeline begins; the end of the path when it has none. */
    Lsn beginning(int timeline) {
        int first = 0;
        while (first < size && shared.get(first).timeline() != timeline) {
            first++;
        }
        return first < size ? shared.get(first).start() : end();
    }

    /** Whether there is a record of a timeline behind {@code position}. */
    boolean goesOn(int timeline, Lsn position) {
        int last = size - 1;
        while (last >= 0 && shared.get(last).timeline() != timeline) {
            last--;
        }
        return last >= 0 && shared.get(last).end().isAfter(position);
    }

    /** The last checkpoint at or before {@code position}; null when there is none. */
    @Nullable
    WalRecord lastCheckpoint(Lsn position) {
        for (int i = upTo(position).size - 1; i >= 0; i--) {
            if (shared.get(i).isCheckpoint()) {
                return shared.get(i);
            }
        }
        return null;
    }

    /** The rows of all transactions on the path, in the order of their commits. */
    List<Long> rows() {
        var rows = new ArrayList<Long>();
        for (int i = 0; i < size; i++) {
            if (shared.get(i).kind() == WalRecord.Kind.COMMIT) {
                rows.add(shared.get(i).row());
            }
        }
        return rows;
    }

    /** Where the segment begins that holds {@code position}. */
    Lsn segmentStart(Lsn position) {
        return new Lsn(position.bytes() / segmentBytes * segmentBytes);
    }
}
