package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;

/** What files and {@code pg_waldump} tell about the WAL of a stopped server. */
record WalOnDisk(DataFiles data, WalSegments segments, WalDump dump, Cancellation cancellation) implements LocalWal {

    /** @throws UncheckedIOException when the directory cannot be read */
    @Override
    public Set<Integer> timelines() {
        try {
            var timelines = new TreeSet<Integer>();
            for (WalSegments.Segment segment : segments.all()) {
                if (!timelines.contains(segment.timeline()) && segments.isWritten(segment)) {
                    timelines.add(segment.timeline());
                }
            }
            return timelines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Set<Integer> known(int newerThan) {
        try {
            return new TimelineFiles(data).known(newerThan);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean goesOn(int timeline, Lsn position) {
        try {
            return segments.at(timeline, position).isPresent() && dump.goesOn(timeline, position, cancellation);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
