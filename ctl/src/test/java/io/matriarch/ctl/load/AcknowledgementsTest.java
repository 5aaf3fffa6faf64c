package io.matriarch.ctl.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.load.Acknowledgements.Row;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {

    private final Acknowledgements rows = new Acknowledgements();

    private static long millis(long millis) {
        return millis * 1_000_000;
    }

    private void acknowledge(long number, long atMillis, long sessionSinceMillis) {
        rows.add(new Row(number, millis(atMillis), millis(sessionSinceMillis)));
    }

    @Test
    void theOutageIsTheLongestPauseThatEndedAfterTheFault() {
        acknowledge(1, 0, 0);
        acknowledge(2, 5000, 0); // before the fault
        acknowledge(3, 5003, 0);
        acknowledge(5, 5703, 5700); // the fault came at 5001
        acknowledge(6, 5750, 5700); // not noticeable
        acknowledge(7, 6000, 5700);

        var outage = rows.outageAfter(millis(5001));

        assertEquals(Duration.ofMillis(700), outage.longest());
        assertEquals(Duration.ofMillis(250), outage.others());
    }

    @Test
    void aRowOverTheOldConnectionIsNoRecovery() {
        acknowledge(1, 10, 0);
        acknowledge(2, 20, 0);
        assertTrue(rows.anyAfter(millis(15)));
        assertFalse(rows.anyOnSessionAfter(millis(15)));

        acknowledge(4, 40, 30);
        assertTrue(rows.anyOnSessionAfter(millis(15)));
        assertEquals(millis(20), rows.firstAfter(millis(10)));
        assertEquals(Set.of(1L, 2L, 4L), rows.numbers());
    }
}
