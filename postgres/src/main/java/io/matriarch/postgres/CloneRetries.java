package io.matriarch.postgres;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How often a clone by {@code pg_basebackup} is tried (contract postgres-control.md 7). {@code retry-times} and
 * {@code retry-sleep}, which guides write among the options of the program although it has no such options, say it
 * otherwise.
 *
 * @param attempts at least 1
 * @param pause between two attempts
 * @param options those that are for the program
 * @param configured whether the two keys were there
 */
record CloneRetries(int attempts, Duration pause, @Nullable JsonElement options, boolean configured) {

    private static final int ATTEMPTS = 2;
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final String TIMES = "retry-times";
    private static final String SLEEP = "retry-sleep";

    static CloneRetries of(@Nullable JsonElement basebackup) {
        JsonElement rest = basebackup == null ? null : basebackup.deepCopy();
        Optional<Long> times = take(rest, TIMES, Unit.NONE);
        Optional<Long> sleep = take(rest, SLEEP, Unit.SECONDS);
        return new CloneRetries(
                times.map(n -> 1 + Math.clamp(n, 0, 1000)).orElse(ATTEMPTS),
                sleep.map(n -> Duration.ofSeconds(Math.clamp(n, 0, 3600))).orElse(PAUSE),
                rest,
                times.isPresent() || sleep.isPresent());
    }

    /** Takes the key out of a map, or out of a list of maps with one key each. */
    private static Optional<Long> take(@Nullable JsonElement options, String key, Unit unit) {
        JsonElement found = null;
        if (options instanceof JsonObject map) {
            found = map.remove(key);
        } else if (options instanceof JsonArray list) {
            for (JsonElement item : list) {
                if (item instanceof JsonObject pair && pair.size() == 1 && pair.has(key)) {
                    found = pair.get(key);
                }
            }
            list.asList().removeIf(item -> item instanceof JsonObject pair && pair.size() == 1 && pair.has(key));
        }
        return found == null ? Optional.empty() : Coercion.integer(found, unit);
    }
}
