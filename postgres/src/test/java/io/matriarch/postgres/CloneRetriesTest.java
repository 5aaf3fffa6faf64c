package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import io.matriarch.model.YamlReader;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CloneRetriesTest {

    @Test
    void retries_are_taken_out_of_the_options_in_both_notations() throws Exception {
        for (String text : new String[] {
            "{max-rate: 100M, retry-times: 3, retry-sleep: 10}",
            "[{max-rate: 100M}, {retry-times: 3}, {retry-sleep: 10s}]"
        }) {
            JsonElement written = YamlReader.parse(text);
            String before = written.toString();
            CloneRetries retries = CloneRetries.of(written);

            assertEquals(4, retries.attempts());
            assertEquals(Duration.ofSeconds(10), retries.pause());
            assertTrue(String.valueOf(retries.options()).contains("max-rate"));
            assertFalse(String.valueOf(retries.options()).contains("retry"));
            assertEquals(before, written.toString(), "the configuration stays as it is");
        }
    }

    @Test
    void without_them_there_are_two_attempts() throws Exception {
        CloneRetries retries = CloneRetries.of(YamlReader.parse("[verbose]"));
        assertEquals(2, retries.attempts());
        assertEquals(Duration.ofSeconds(5), retries.pause());
        assertFalse(retries.configured());
        assertNull(CloneRetries.of(null).options());
    }
}
