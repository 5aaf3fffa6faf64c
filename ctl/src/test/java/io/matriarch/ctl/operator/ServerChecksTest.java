package io.matriarch.ctl.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.ctl.operator.Finding.Severity;
import io.matriarch.ctl.operator.ServerFacts.Slot;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.Expectation;
import io.matriarch.store.memory.MemoryServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code doctor} makes of what PostgreSQL says. */
class ServerChecksTest {

    private static final long GIB = 1L << 30;

    @Test
    void aServerThatIsWellHasNothingButOrder() throws Exception {
        for (Finding finding : judge(facts(true, "", 200_000_000, Map.of("n1", "sync")))) {
            assertEquals(Severity.OK, finding.severity(), finding.text());
        }
    }

    @Test
    void withoutChecksumsAndHintsNothingCanBeRewound() throws Exception {
        Finding finding = judge(facts(false, "", 0, Map.of("n1", "sync"))).get(1);
        assertEquals(Severity.ERROR, finding.severity());
        assertTrue(finding.text().contains("neither checksums nor wal_log_hints"), finding.text());
    }

    @Test
    void aPrimaryThatDoesNotLeadIsNamed() throws Exception {
        Finding finding = ServerChecks.judge(facts(true, "", 0, Map.of()), "n1", view(), true)
                .get(1);
        assertEquals("it is a primary, but the store says that n0 leads", finding.text());
    }

    @ParameterizedTest
    @CsvSource({
        "true,  reserved,   1,  OK,      none of 1 slots on this node keeps much WAL",
        "false, extended,   1,  OK,      none of 1 slots on this node keeps much WAL",
        "false, extended,   2,  WARNING, 's is not read, and keeps 2048 MiB of WAL'",
        "true,  extended,   11, WARNING, s is 11264 MiB behind",
        "false, unreserved, 0,  ERROR,   s is about to lose WAL that it needs",
        "false, lost,       0,  ERROR,   s has lost WAL that it needed: who reads it cannot go on",
    })
    void slotsThatHoldWalBack(boolean active, String status, long gib, Severity severity, String text)
            throws Exception {
        var facts = new ServerFacts(
                150018,
                false,
                true,
                false,
                List.of(new Slot("s", active, status, gib * GIB)),
                List.of(),
                "",
                0,
                Map.of("n1", "sync"));
        assertTrue(
                judge(facts).stream()
                        .anyMatch(f -> f.severity() == severity && f.text().equals(text)),
                () -> text);
    }

    @Test
    void whatFailsOrWaitsIsNamed() throws Exception {
        var facts = new ServerFacts(
                150018,
                false,
                true,
                false,
                List.of(),
                List.of("max_connections"),
                "000000010000000000000003",
                1_600_000_000L,
                Map.of("n1", "async"));
        List<Finding> bad =
                judge(facts).stream().filter(f -> f.severity() != Severity.OK).toList();
        assertEquals(
                List.of(
                        "wait for a restart: max_connections",
                        "000000010000000000000003 could not be archived: WAL piles up, and backups end before it",
                        "the oldest transaction is 1600 millions old",
                        "n1 counts as synchronous, but PostgreSQL calls it async"),
                bad.stream().map(Finding::text).toList());
    }

    private static ServerFacts facts(boolean hints, String failed, long age, Map<String, String> standbys) {
        return new ServerFacts(150018, false, false, hints, List.of(), List.of(), failed, age, standbys);
    }

    private static List<Finding> judge(ServerFacts facts) throws Exception {
        return ServerChecks.judge(facts, "n0", view(), true);
    }

    private static ClusterView view() throws Exception {
        var server = new MemoryServer(TimeSource.system());
        var store = server.connect("n0", Timing.DEFAULT);
        store.put(Key.CONFIG, "{\"synchronous_mode\":true}", Expectation.ANY);
        store.put(Key.SYNC, "{\"leader\":\"n0\",\"sync_standby\":\"n1\"}", Expectation.ANY);
        store.takeLeader();
        return store.load();
    }
}
