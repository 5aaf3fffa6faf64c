package io.matriarch.ctl.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Electorate;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.Revision;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BackupSourcesTest {

    private static final long LEADERS = 1000;

    private static Member member(String name, long lag, String more) {
        return Member.parse(
                name,
                "{\"state\": \"running\", \"role\": \"replica\", \"replication_state\": \"streaming\", \"timeline\": 2,"
                        + " \"xlog_location\": " + (LEADERS - lag) + more + "}");
    }

    private static List<String> order(Member... replicas) {
        var members = new TreeMap<String, Member>();
        members.put(
                "leader",
                Member.parse(
                        "leader",
                        "{\"state\": \"running\", \"role\": \"primary\", \"timeline\": 2, \"xlog_location\": 1000}"));
        for (Member replica : replicas) {
            members.put(replica.name(), replica);
        }
        ClusterView empty = ClusterView.EMPTY;
        var view = new ClusterView(
                null,
                null,
                new LeaderKey("leader", false, Revision.NONE),
                new ClusterStatus(new Lsn(LEADERS), Map.of(), List.of()),
                members,
                null,
                empty.sync(),
                empty.history(),
                null,
                empty.reservedTimeline(),
                Electorate.NONE);
        return BackupSources.inOrder(view, 100).stream().map(Member::name).toList();
    }

    @Test
    void theNearestReplicaFirstAndTheLeaderLast() {
        assertEquals(List.of("b", "a", "leader"), order(member("a", 90, ""), member("b", 5, "")));
        assertEquals(List.of("leader"), order());
    }

    @Test
    void thoseTaggedForCopiesGoBefore() {
        assertEquals(
                List.of("a", "b", "leader"),
                order(member("a", 90, ", \"tags\": {\"clonefrom\": true}"), member("b", 5, "")));
    }

    @Test
    void notOneThatIsFarBehindOrElsewhere() {
        assertEquals(List.of("leader"), order(member("a", 101, "")));
        assertEquals(List.of("leader"), order(member("a", 0, ", \"timeline\": 1")));
        assertEquals(List.of("leader"), order(member("a", 0, ", \"replication_state\": \"in archive recovery\"")));
    }
}
