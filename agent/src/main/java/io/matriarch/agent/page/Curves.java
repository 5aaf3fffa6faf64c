package io.matriarch.agent.page;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Samples of the last hours in arrays of fixed length: the write position, whether the cluster took writes, and the lag
 * of each member.
 */
final class Curves {

    static final Duration PERIOD = Duration.ofSeconds(10);
    /** Three hours. */
    static final int LENGTH = 1080;
    /** More members than this have no curve of their own; one costs 9 kB. */
    static final int MEMBERS = 16;

    private static final long UNKNOWN = -1;

    private final long[] times = new long[LENGTH];
    private final long[] positions = new long[LENGTH];
    private final byte[] writable = new byte[LENGTH];
    private final Map<String, long[]> lags = new TreeMap<>();
    private int size;
    private int next;

    /** Whether the cluster took writes, as far as this node can tell. */
    enum Writable {
        NO(0),
        YES(1),
        UNKNOWN(-1);

        private final byte code;

        Writable(int code) {
            this.code = (byte) code;
        }
    }

    /**
     * One look.
     *
     * @param position the leader's published position in bytes, 0 when not known
     * @param lags bytes by member; without those that published no position
     */
    record Sample(Instant at, long position, Writable writable, Map<String, Long> lags) {
        Sample {
            lags = Map.copyOf(lags);
        }
    }

    void add(Sample sample) {
        times[next] = sample.at().toEpochMilli();
        positions[next] = sample.position();
        writable[next] = sample.writable().code;
        lags.values().forEach(curve -> curve[next] = UNKNOWN);
        lags.values().removeIf(curve -> Arrays.stream(curve).allMatch(value -> value == UNKNOWN));
        new TreeMap<>(sample.lags()).forEach((name, lag) -> {
            if (lags.containsKey(name) || lags.size() < MEMBERS) {
                lags.computeIfAbsent(name, _ -> unknown())[next] = lag;
            }
        });
        next = (next + 1) % LENGTH;
        size = Math.min(size + 1, LENGTH);
    }

    private static long[] unknown() {
        long[] curve = new long[LENGTH];
        Arrays.fill(curve, UNKNOWN);
        return curve;
    }

    /** All samples, oldest first: columns of numbers, null where nothing is known. */
    JsonObject document() {
        return document(size);
    }

    /** The newest sample in the same form. */
    JsonObject newest() {
        return document(Math.min(size, 1));
    }

    private JsonObject document(int count) {
        var o = new JsonObject();
        var seconds = new JsonArray();
        var written = new JsonArray();
        var taken = new JsonArray();
        for (int i = 0; i < count; i++) {
            int at = index(count, i);
            seconds.add(times[at] / 1000);
            add(written, positions[at], positions[at] != 0);
            add(taken, writable[at], writable[at] != Writable.UNKNOWN.code);
        }
        o.add("seconds", seconds);
        o.add("position", written);
        o.add("writable", taken);
        var members = new JsonObject();
        lags.forEach((name, curve) -> {
            var column = new JsonArray();
            for (int i = 0; i < count; i++) {
                long lag = curve[index(count, i)];
                add(column, lag, lag != UNKNOWN);
            }
            members.add(name, column);
        });
        o.add("lag", members);
        o.addProperty("limit", LENGTH);
        return o;
    }

    private int index(int count, int i) {
        return Math.floorMod(next - count + i, LENGTH);
    }

    private static void add(JsonArray column, long value, boolean known) {
        if (known) {
            column.add(value);
        } else {
            column.add(JsonNull.INSTANCE);
        }
    }
}
