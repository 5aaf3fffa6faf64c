package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestartRequestTest {

    private static final Instant NOW = Instant.parse("2026-11-25T01:00:00Z");

    private static String parse(String body, boolean paused) {
        return switch (RestartRequest.parse(Samples.json(body.replace('\'', '"')), paused, NOW)) {
            case RestartRequest.Refused(Reply.Body refusal) -> refusal.code() + " " + refusal.content();
            case RestartRequest.Refused(Reply other) -> other.toString();
            case RestartRequest.Now(var conditions) -> "now " + conditions;
            case RestartRequest.Later(var at, var document) -> "later " + at.toInstant() + " " + document;
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                  | now {}",
                "{'role':'replica'}                  | now {'role':'replica'}",
                "{'role':'boss'}                     | 400 PostgreSQL role should be either primary, standby_leader,"
                        + " or replica",
                "{'postgres_version':'15.3'}         | now {'postgres_version':'15.3'}",
                "{'postgres_version':'15'}           | 400 Invalid PostgreSQL version format: X.Y or X.Y.Z is"
                        + " accepted: 15",
                "{'postgres_version':'15.x'}         | 400 Invalid PostgreSQL version: 15.x",
                "{'timeout':'1min'}                  | now {'timeout':'1min'}",
                "{'timeout':0}                       | 400 Timeout should be a positive number of seconds",
                "{'timeout':'soon'}                  | 400 Timeout should be a positive number of seconds",
                "{'restart_pending':false}           | now {'restart_pending':false}",
                "{'colour':'red'}                    | 400 Unknown filter for the scheduled restart: colour",
                "{'schedule':'2026-11-26T01:00Z'}    | later 2026-11-26T01:00:00Z"
                        + " {'schedule':'2026-11-26T01:00:00+00:00'}",
                "{'schedule':'2026-11-26T01:00'}     | 400 Timezone information is mandatory for the scheduled restart",
                "{'schedule':'2026-11-24T01:00Z'}    | 422 Cannot schedule restart in the past"
            })
    void fieldsAreChecked(String body, String expected) {
        assertEquals(expected.replace('\'', '"'), parse(body, false));
    }

    @Test
    void theFirstBadFieldInTheOrderOfTheBodyAnswers() {
        assertEquals(
                "400 Timeout should be a positive number of seconds", parse("{'timeout':-1,'role':'boss'}", false));
        assertEquals(
                "400 PostgreSQL role should be either primary, standby_leader, or replica",
                parse("{'role':'boss','timeout':-1}", false));
    }

    @Test
    void pauseForbidsSchedulesBeforeAnythingElse() {
        assertEquals("500 Can't schedule restart in the paused state", parse("{'role':'boss','schedule':'x'}", true));
        assertEquals("now {}", parse("{}", true));
    }
}
