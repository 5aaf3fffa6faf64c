package io.matriarch.ctl.drill;

import com.google.gson.JsonObject;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cluster at one moment.
 *
 * @param at monotonic nanoseconds, when the members were asked
 * @param leader the owner of the leader key; null: nobody, or the store did not answer
 * @param states of all members that were there when the drill began
 * @param whole whether everybody is in place again: one primary that leads, the others stream on its timeline, and
 *     a standby confirms commits where synchronous mode is on
 */
record Sample(long at, @Nullable String leader, Map<String, NodeState> states, boolean whole) {

    Sample {
        states = Collections.unmodifiableMap(new TreeMap<>(states));
    }

    static Sample of(long at, Set<String> members, ClusterView view, MemberAnswers answers) {
        var states = new TreeMap<String, NodeState>();
        Set<Long> timelines = new HashSet<>();
        int inPlace = 0;
        for (String name : members) {
            JsonObject document = answers.documents().get(name);
            NodeState state = document == null ? NodeState.SILENT : NodeState.of(document);
            states.put(name, state);
            inPlace += state == (view.isLeader(name) ? NodeState.PRIMARY : NodeState.STREAMING) ? 1 : 0;
            if (document != null) {
                timelines.add(Json.integer(document, "timeline").orElse(0L));
            }
        }
        boolean confirmed =
                !view.dynamicConfig().isSynchronous() || !view.sync().voters().isEmpty();
        boolean whole = view.leaderName() != null
                && members.contains(view.leaderName())
                && inPlace == members.size()
                && timelines.size() == 1
                && confirmed;
        return new Sample(at, view.leaderName(), states, whole);
    }

    long primaries() {
        return states.values().stream()
                .filter(state -> state == NodeState.PRIMARY)
                .count();
    }
}
