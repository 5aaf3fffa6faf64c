package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.agent.rest.SwitchoverChecks.Outcome;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Electorate;
import io.matriarch.model.Member;
import io.matriarch.model.ReservedTimeline;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One line per check, in the order of contract rest-api.md 5.2. The leader is n1, the voter n2 where there is one. */
class SwitchoverChecksTest {

    private static final Instant NOW = Instant.parse("2026-11-25T01:00:00Z");

    private static String outcome(String path, String body, String config, SyncState sync) {
        ClusterView view = Samples.view(config, sync, 0);
        SwitchoverRequest request = SwitchoverRequest.parse(path.equals("failover"), Samples.json(body));
        return switch (SwitchoverChecks.check(request, view, view.dynamicConfig(), NOW)) {
            case Outcome.Refused(Reply.Body refusal) -> refusal.code() + " " + refusal.content();
            case Outcome.Refused(Reply other) -> other.toString();
            case Outcome.Scheduled(String at) -> "at " + at;
            case Outcome.AskFirst(List<Member> members) ->
                members.stream().map(Member::name).collect(Collectors.joining(",", "ask ", ""));
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failover   | {}                                   | 400 Failover could be performed only to a"
                        + " specific candidate",
                "failover   | {'leader':'n1','candidate':''}       | 400 Failover could be performed only to a"
                        + " specific candidate",
                "switchover | {'candidate':'n2'}                   | 400 Switchover could be performed only from a"
                        + " specific leader",
                "failover   | {'member':'n2','scheduled_at':'x'}   | 400 Failover can't be scheduled",
                "switchover | {'leader':'n1','candidate':'n1'}     | 400 Switchover target and source are the same",
                "switchover | {'leader':'n7'}                      | 412 leader name does not match",
                "failover   | {'leader':'n7','candidate':'n2'}     | 412 leader name does not match",
                "switchover | {'leader':'n1','candidate':'n7'}     | 412 candidate does not exists",
                "switchover | {'leader':'n1','candidate':null}     | ask n2",
                "switchover | {'leader':'n1','member':'n2'}        | ask n2",
                "failover   | {'candidate':'n2'}                   | ask n2"
            })
    void asynchronous(String path, String body, String expected) {
        assertEquals(expected, outcome(path, body.replace('\'', '"'), "{}", SyncState.EMPTY));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'leader':'n1','scheduled_at':'someday'}                 | 422 Unable to parse scheduled timestamp."
                        + " It should be in an unambiguous format, e.g. ISO 8601",
                "{'leader':'n1','scheduled_at':'2026-11-26T01:00'}        | 400 Timezone information is mandatory for"
                        + " the scheduled switchover",
                "{'leader':'n1','scheduled_at':'2026-11-24T01:00Z'}       | 422 Cannot schedule switchover in the past",
                "{'leader':'n1','scheduled_at':'2026-11-26T01:00+02'}     | at 2026-11-26T01:00:00+02:00",
                "{'leader':'n9','candidate':'n8','scheduled_at':'2026-11-26T01:00Z'} | at 2026-11-26T01:00:00+00:00",
                "{'leader':'n1','candidate':'n1','scheduled_at':'2026-11-26T01:00Z'} | 400 Switchover target and"
                        + " source are the same"
            })
    void scheduledOnesAreNotCheckedAgainstTheCluster(String body, String expected) {
        assertEquals(expected, outcome("switchover", body.replace('\'', '"'), "{}", SyncState.EMPTY));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "switchover | {'leader':'n1'}                                 | 400 Switchover is possible only to a"
                        + " specific candidate in a paused state",
                "switchover | {'leader':'n1','scheduled_at':'2026-11-26T01Z'} | 400 Can't schedule switchover in the"
                        + " paused state",
                "switchover | {'leader':'n1','candidate':'n2'}                | ask n2"
            })
    void paused(String path, String body, String expected) {
        assertEquals(expected, outcome(path, body.replace('\'', '"'), "{\"pause\":true}", SyncState.EMPTY));
    }

    private static SyncState voter(String name) {
        return new SyncState("n1", 0, List.of(name), new Revision(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "on     | n2 | switchover | {'leader':'n1'}                  | ask n2",
                "on     | n8 | switchover | {'leader':'n1'}                  | 412 switchover is not possible: can not"
                        + " find sync_standby",
                "on     | n8 | switchover | {'leader':'n1','candidate':'n2'} | 412 candidate name does not match with"
                        + " sync_standby",
                "on     | n8 | failover   | {'leader':'n1','candidate':'n2'} | 412 candidate name does not match with"
                        + " sync_standby",
                "on     | n8 | failover   | {'candidate':'n2'}               | ask n2",
                "quorum | n8 | switchover | {'leader':'n1','candidate':'n2'} | ask n2",
                "quorum | n8 | switchover | {'leader':'n1'}                  | ask n2"
            })
    void synchronous(String mode, String voter, String path, String body, String expected) {
        String config = "{\"synchronous_mode\":\"" + mode + "\"}";
        assertEquals(expected, outcome(path, body.replace('\'', '"'), config, voter(voter)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off", "quorum"})
    void aLonelyLeaderHasNobodyToSwitchTo(String mode) {
        ClusterView two = Samples.view("{\"synchronous_mode\":\"" + mode + "\"}", SyncState.EMPTY, 0);
        var lonely = new ClusterView(
                two.initialize(),
                two.config(),
                two.leader(),
                two.status(),
                Map.of("n1", two.members().get("n1")),
                null,
                two.sync(),
                two.history(),
                null,
                ReservedTimeline.NONE,
                Electorate.NONE);
        var request = new SwitchoverRequest(false, "n1", null, null);
        var refused = (Outcome.Refused) SwitchoverChecks.check(request, lonely, lonely.dynamicConfig(), NOW);
        assertEquals(
                mode.equals("on")
                        ? "switchover is not possible: can not find sync_standby"
                        : "switchover is not possible: cluster does not have members except leader",
                ((Reply.Body) refused.reply()).content());
    }
}
