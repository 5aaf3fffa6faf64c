package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterSummaryTest {

    private static ClusterView view(String config, @Nullable FailoverRequest request) {
        var members = new TreeMap<String, Member>();
        for (String[] m : new String[][] {
            {
                "n2",
                "{\"conn_url\":\"postgres://h2:5433/postgres\",\"api_url\":\"http://h2:8008/patroni\","
                        + "\"state\":\"running\",\"replication_state\":\"streaming\",\"role\":\"replica\","
                        + "\"xlog_location\":4096,\"receive_lsn\":4096,\"replay_lsn\":4000,\"timeline\":2,"
                        + "\"pending_restart\":true,\"tags\":{\"nosync\":true}}"
            },
            {
                "n1",
                "{\"conn_url\":\"postgres://h1:5432/postgres\",\"api_url\":\"http://h1:8008/patroni\","
                        + "\"state\":\"running\",\"role\":\"primary\",\"xlog_location\":5000,\"timeline\":2}"
            },
            {"n3", "{\"state\":\"starting\"}"}
        }) {
            members.put(m[0], Member.parse(m[0], m[1]));
        }
        return new ClusterView(
                null,
                ConfigKey.parse(config, new Revision(1)),
                new LeaderKey("n1", false, new Revision(1)),
                new ClusterStatus(new Lsn(4500), Map.of(), List.of()),
                members,
                request,
                new SyncState("n1", 0, List.of("N2"), new Revision(1)),
                History.UNKNOWN,
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);
    }

    @Test
    void theDocumentOfGetCluster() {
        var request = new FailoverRequest("n1", "n2", "2026-11-26T00:00:00+00:00", new Revision(2));
        assertEquals(
                "{\"members\": [{\"name\": \"n1\", \"role\": \"leader\", \"state\": \"running\", \"api_url\":"
                    + " \"http://h1:8008/patroni\", \"host\": \"h1\", \"port\": 5432, \"timeline\": 2}, {\"name\":"
                    + " \"n2\", \"role\": \"sync_standby\", \"state\": \"streaming\", \"api_url\":"
                    + " \"http://h2:8008/patroni\", \"host\": \"h2\", \"port\": 5433, \"timeline\": 2,"
                    + " \"pending_restart\": true, \"tags\": {\"nosync\": true}, \"receive_lag\": 404,"
                    + " \"receive_lsn\": \"0/1000\", \"replay_lag\": 500, \"replay_lsn\": \"0/FA0\", \"lag\": 404,"
                    + " \"lsn\": \"0/1000\"}, {\"name\": \"n3\", \"role\": \"replica\", \"state\": \"starting\","
                    + " \"api_url\": null, \"receive_lag\": \"unknown\", \"receive_lsn\": \"unknown\", \"replay_lag\":"
                    + " \"unknown\", \"replay_lsn\": \"unknown\", \"lag\": \"unknown\", \"lsn\": \"unknown\"}],"
                    + " \"pause\": true, \"scheduled_switchover\": {\"at\": \"2026-11-26T00:00:00+00:00\", \"from\":"
                    + " \"n1\", \"to\": \"n2\"}, \"scope\": \"demo\"}",
                Json.spaced(ClusterSummary.of("demo", view("{\"pause\":true,\"synchronous_mode\":true}", request))
                        .toJson()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                             | leader         | replica",
                "{\"synchronous_mode\":\"on\"}                                  | leader         | sync_standby",
                "{\"synchronous_mode\":\"quorum\"}                              | leader         | quorum_standby",
                "{\"synchronous_mode\":\"on\",\"standby_cluster\":{\"host\":\"x\"}} | standby_leader | replica"
            })
    void rolesFollowTheModes(String config, String leader, String replica) {
        var rows = ClusterSummary.of("demo", view(config, null)).members();
        assertEquals(
                List.of(leader, replica, "replica"),
                rows.stream().map(ClusterSummary.Row::role).toList());
    }

    @Test
    void aRequestWithoutTimeIsNotScheduled() {
        var request = new FailoverRequest("n1", null, null, new Revision(2));
        assertEquals(
                false, ClusterSummary.of("demo", view("{}", request)).toJson().has("scheduled_switchover"));
    }
}
