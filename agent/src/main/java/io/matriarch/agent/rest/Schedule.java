package io.matriarch.agent.rest;

import io.matriarch.model.ScheduledTime;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Optional;

/** The time of a scheduled action, or why it is refused (contract rest-api.md 5.3). */
sealed interface Schedule {

    record At(OffsetDateTime time) implements Schedule {}

    record Refused(Reply reply) implements Schedule {}

    /** @param action as messages name it: {@code restart}, {@code switchover} */
    static Schedule parse(String text, String action, Instant now) {
        Optional<ScheduledTime> parsed = ScheduledTime.parse(text, LocalDate.ofInstant(now, ZoneId.systemDefault()));
        if (parsed.isEmpty()) {
            return new Refused(Reply.text(
                    422, "Unable to parse scheduled timestamp. It should be in an unambiguous format, e.g. ISO 8601"));
        }
        Optional<OffsetDateTime> time = parsed.get().zoned();
        if (time.isEmpty()) {
            return new Refused(Reply.text(400, "Timezone information is mandatory for the scheduled " + action));
        }
        if (time.get().toInstant().isBefore(now)) {
            return new Refused(Reply.text(422, "Cannot schedule " + action + " in the past"));
        }
        return new At(time.get());
    }
}
