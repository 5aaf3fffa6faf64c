package io.matriarch.agent.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.matriarch.agent.node.Findings;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.model.ClusterStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.Electorate;
import io.matriarch.model.History;
import io.matriarch.model.LeaderKey;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChangesTest {

    private final Map<String, Member> members = new TreeMap<>();
    private @Nullable String leader = "n1";
    private String config = "{}";
    private boolean storeAnswers = true;
    private List<String> voters = List.of();

    ChangesTest() {
        member("n1", "running", "primary", "");
        member("n2", "running", "replica", ",\"replication_state\":\"streaming\"");
    }

    private void member(String name, String state, String role, String more) {
        members.put(
                name,
                Member.parse(name, "{\"state\":\"%s\",\"role\":\"%s\",\"timeline\":1%s}".formatted(state, role, more)));
    }

    private NodeStatus status() {
        var view = new ClusterView(
                "7000000000000000001",
                ConfigKey.parse(config, new Revision(1)),
                leader == null ? null : new LeaderKey(leader, true, new Revision(2)),
                new ClusterStatus(new Lsn(100), Map.of(), List.of()),
                members,
                null,
                voters.isEmpty() ? SyncState.EMPTY : new SyncState(leader, 0, voters, new Revision(3)),
                History.UNKNOWN,
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);
        return new NodeStatus(
                "demo",
                "n2",
                PostgresState.RUNNING,
                Role.REPLICA,
                view,
                storeAnswers ? new MonotonicTime(1) : null,
                Instant.EPOCH,
                view.dynamicConfig(),
                Timing.DEFAULT,
                Tags.NONE,
                List.of(),
                null,
                Optional.empty(),
                1,
                false,
                false,
                null,
                new MonotonicTime(1),
                "",
                Findings.NONE);
    }

    private List<String> changes(Runnable change) {
        NodeStatus before = status();
        change.run();
        var texts = new ArrayList<String>();
        Changes.between(before, status(), Instant.EPOCH).forEach(h -> texts.add(h.text()));
        return texts;
    }

    @Test
    void aFailoverIsTold() {
        assertEquals(
                List.of("n1 has no lease any more: there is no leader"),
                changes(() -> leader = null).subList(0, 1));
        assertEquals(
                List.of("n2 has the lease and leads", "n1 is no longer a member: its key has expired"),
                changes(() -> {
                            leader = "n2";
                            members.remove("n1");
                        })
                        .stream()
                        .filter(text -> !text.startsWith("n2: "))
                        .toList());
    }

    @Test
    void stateAndRestartOfAMember() {
        assertEquals(List.of("n2: replica, stopped, timeline 1 (was: replica, streaming, timeline 1)"), changes(() -> {
            member("n2", "stopped", "replica", "");
        }));
        assertEquals(
                List.of("n1 waits for a restart: max_connections"),
                changes(
                        () -> member(
                                "n1",
                                "running",
                                "primary",
                                ",\"pending_restart\":true,\"pending_restart_reason\":{\"max_connections\":{\"old_value\":\"1\"}}")));
    }

    /** Values may be secrets. */
    @Test
    void configurationChangesNameKeysOnly() {
        List<String> told = changes(() ->
                config = "{\"pause\":true,\"ttl\":20,\"standby_cluster\":{\"primary_conninfo\":\"password=geheim\"}}");
        assertEquals(
                List.of("The cluster is paused: nobody takes over", "Configuration changed: standby_cluster, ttl"),
                told);
        assertFalse(told.toString().contains("geheim"));
        assertEquals(
                List.of("The pause is over"),
                changes(() -> config = config.replace("\"pause\":true", "\"pause\":false")));
    }

    @Test
    void theStoreAndTheSynchronousSet() {
        assertEquals(List.of("The store cannot be read from n2"), changes(() -> storeAnswers = false));
        assertEquals(List.of("The store answers n2 again"), changes(() -> storeAnswers = true));
        assertEquals(List.of("Synchronous standbys: n2 (was: none)"), changes(() -> voters = List.of("n2")));
    }

    @Test
    void nothingIsToldOfAPictureThatIsTheSame() {
        assertEquals(List.of(), changes(() -> {}));
    }
}
