package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduledTimeTest {

    private static final LocalDate TODAY = LocalDate.of(2026, 11, 25);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2019-09-24T12:00+00               | 2019-09-24T12:00:00+00:00",
                "2023-09-13 18:00:00.123456+00:00  | 2023-09-13T18:00:00.123456+00:00",
                "2023-09-13T18:00:00Z              | 2023-09-13T18:00:00+00:00",
                "2023-09-13 18:00 UTC              | 2023-09-13T18:00:00+00:00",
                "2023-09-13T18:00:00,5-0330        | 2023-09-13T18:00:00.500000-03:30",
                "20230913T1800+02                  | 2023-09-13T18:00:00+02:00",
                "20230913T180001.25Z               | 2023-09-13T18:00:01.250000+00:00",
                "2023/09/13 18:00 +01:00           | 2023-09-13T18:00:00+01:00",
                "13 Sep 2023 18:00+00              | 2023-09-13T18:00:00+00:00",
                "September 13, 2023 18:00Z         | 2023-09-13T18:00:00+00:00",
                "18:00+00                          | 2026-11-25T18:00:00+00:00",
                "2023-09-13 6:30Z                  | 2023-09-13T06:30:00+00:00"
            })
    void textsWithZone(String text, String expected) {
        assertEquals(
                Optional.of(expected),
                ScheduledTime.parse(text, TODAY).flatMap(ScheduledTime::zoned).map(TimeText::iso));
    }

    @Test
    void textsWithoutZoneTakeTheLocalOne() {
        ScheduledTime time = ScheduledTime.parse("2023-09-13T18:00", TODAY).orElseThrow();
        assertEquals(Optional.empty(), time.zoned());
        assertEquals("2023-09-13T18:00:00+02:00", TimeText.iso(time.zonedOr(ZoneOffset.ofHours(2))));
        assertEquals(
                "2023-09-13T00:00:00+00:00",
                TimeText.iso(
                        ScheduledTime.parse("2023-09-13", TODAY).orElseThrow().zonedOr(ZoneOffset.UTC)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "now",
                "tomorrow",
                "1",
                "2023",
                "2023-13-01T00:00Z",
                "2023-02-30",
                "25:00Z",
                "2023-09-13T18:61Z",
                "01/02/2026",
                "2023-09-13T18:00+99",
                "2023-09-13 18:00 Mars",
                "31 Foo 2023"
            })
    void whatIsNotUnderstood(String text) {
        assertEquals(Optional.empty(), ScheduledTime.parse(text, TODAY));
    }

    @Test
    void writtenFormsHaveMicrosecondsOnlyWhenTheyCount() {
        var time = OffsetDateTime.parse("2026-11-25T01:02:03+01:00");
        assertEquals("2026-11-25T01:02:03+01:00", TimeText.iso(time));
        assertEquals("2026-11-25 01:02:03.000004+01:00", TimeText.spaced(time.withNano(4_999)));
    }
}
