package io.matriarch.ctl.explain;

import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** A point in time as people give it. */
final class Since {

    private Since() {}

    /** @throws IllegalArgumentException when it is neither a time nor an age */
    static Instant parse(String text, Instant now) {
        try {
            return OffsetDateTime.parse(text.strip().replace(' ', 'T')).toInstant();
        } catch (DateTimeException _) {
            return Coercion.integer(text.strip(), Unit.SECONDS)
                    .filter(seconds -> seconds >= 0)
                    .map(now::minusSeconds)
                    .orElseThrow(() -> new IllegalArgumentException("--since: expected a time with its offset, such as"
                            + " 2026-11-26T22:15:00Z, or an age, such as 10min, but got \"" + text + "\""));
        }
    }
}
