package io.matriarch.ctl.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.model.JournalEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MembersTest {

    private final List<String> notes = new ArrayList<>();

    private List<JournalEntry> ask(Map<String, RestResult> answers) {
        RestCaller client = call -> () -> answers.getOrDefault(call.url(), new RestResult.Failed("refused", false));
        return new Members(client, notes::add).entries("n1", "http://n1:8008/patroni");
    }

    @Test
    void theOthersAreAskedForTheirJournals() {
        var entry = new JournalEntry(Instant.EPOCH, "n2", "RACE", "", true, "promoted self", "", List.of(), 0, 0);
        String cluster = "{\"members\":[{\"name\":\"n1\",\"api_url\":\"http://n1:8008/patroni\"},"
                + "{\"name\":\"n2\",\"api_url\":\"http://n2:8008/patroni\"},"
                + "{\"name\":\"n3\",\"api_url\":\"http://n3:8008/patroni\"},{\"name\":\"n4\"}]}";
        List<JournalEntry> found = ask(Map.of(
                "http://n1:8008/cluster", new RestResult.Answer(200, cluster),
                "http://n2:8008/journal", new RestResult.Answer(200, entry.toJson() + "\nhalf a li")));

        assertEquals(List.of(entry), found);
        assertEquals(List.of("n3 could not be asked: refused"), notes);
    }

    @Test
    void withoutAgentNobodyIsKnown() {
        assertEquals(List.of(), ask(Map.of()));
        assertEquals(
                List.of("the agent here does not answer (refused): told is only what its own journal says"), notes);
    }
}
