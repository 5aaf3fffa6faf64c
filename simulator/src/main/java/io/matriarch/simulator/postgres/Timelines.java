package io.matriarch.simulator.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The history files in {@code pg_wal} (PostgreSQL manual, "Timelines"; source, {@code timeline.c}). Timeline 1 has none.
 */
final class Timelines {

    private final TreeMap<Integer, List<History.Entry>> files = new TreeMap<>();

    Timelines() {}

    Timelines(Timelines other) {
        files.putAll(other.files);
    }

    /** The lines of a history file; empty when there is no such file, and for timeline 1. */
    List<History.Entry> of(int timeline) {
        return files.getOrDefault(timeline, List.of());
    }

    boolean has(int timeline) {
        return timeline == 1 || files.containsKey(timeline);
    }

    void put(int timeline, List<History.Entry> entries) {
        files.put(timeline, List.copyOf(entries));
    }

    /** The files of the timelines from {@code first} to {@code last}. */
    SortedMap<Integer, List<History.Entry>> between(int first, int last) {
        return new TreeMap<>(files.subMap(first, true, last, true));
    }

    void remove(int timeline) {
        files.remove(timeline);
    }

    /** The files of all timelines that are newer than {@code timeline}. */
    List<List<History.Entry>> behind(int timeline) {
        return List.copyOf(files.tailMap(timeline, false).values());
    }

    /** The numbers of those among them that have a line. */
    Set<Integer> known(int newerThan) {
        return files.tailMap(newerThan, false).entrySet().stream()
                .filter(file -> !file.getValue().isEmpty())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** Takes those files that are not here yet; one that is here stays as it is, whatever others say. */
    void fetch(SortedMap<Integer, List<History.Entry>> others) {
        others.forEach(files::putIfAbsent);
    }

    /** The newest timeline that can be reached from {@code timeline} by counting up, as recovery looks for it. */
    int newest(int timeline) {
        int newest = timeline;
        while (files.containsKey(newest + 1)) {
            newest++;
        }
        return newest;
    }

    /** Writes files without a line for the numbers behind {@code own} and below {@code wanted} that have none. */
    void closeBelow(int wanted, int own) {
        for (int timeline = own + 1; timeline < wanted; timeline++) {
            files.putIfAbsent(timeline, List.of());
        }
    }

    /** Takes away what {@link #closeBelow} wrote for a promotion that did not happen. */
    void openBehind(int own) {
        for (int newest = newest(own); newest > own && of(newest).isEmpty(); newest--) {
            files.remove(newest);
        }
    }

    /** Writes the file of a timeline that leaves {@code parent} at {@code switchPoint}. */
    void fork(int parent, Lsn switchPoint, int timeline, Instant time) {
        var entries = new ArrayList<>(of(parent));
        entries.add(new History.Entry(parent, switchPoint, "no recovery target specified", time.toString(), null));
        put(timeline, entries);
    }

    /**
     * Which timeline a byte at {@code position} belongs to, in the history of {@code timeline}. Newer ones are looked at first, as in
     * PostgreSQL: it matters where positions go back ({@link io.matriarch.postgres.UnreachedTimeline}).
     */
    int at(Lsn position, int timeline) {
        int newest = timeline;
        for (History.Entry entry : of(timeline).reversed()) {
            if (position.compareTo(entry.switchPoint()) >= 0) {
                return newest;
            }
            newest = entry.timeline();
        }
        return newest;
    }

    /** Where the history of {@code timeline} leaves {@code ancestor}; {@link Lsn#NONE} when it was never on it. */
    Lsn switchPoint(int ancestor, int timeline) {
        return of(timeline).stream()
                .filter(entry -> entry.timeline() == ancestor)
                .map(History.Entry::switchPoint)
                .findFirst()
                .orElse(Lsn.NONE);
    }

    /** Whether {@code ancestor} is {@code timeline} or an ancestor of it. */
    boolean contains(int ancestor, int timeline) {
        return ancestor == timeline || switchPoint(ancestor, timeline).isKnown();
    }
}
