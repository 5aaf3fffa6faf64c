package io.matriarch.agent.page;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.agent.page.Happening.Kind;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** What is different between two pictures that the node published, in words. */
final class Changes {

    private final NodeStatus before;
    private final NodeStatus after;
    private final Instant at;
    private final List<Happening> found = new ArrayList<>();

    private Changes(NodeStatus before, NodeStatus after, Instant at) {
        this.before = before;
        this.after = after;
        this.at = at;
    }

    static List<Happening> between(NodeStatus before, NodeStatus after, Instant at) {
        var changes = new Changes(before, after, at);
        changes.store();
        if (!before.view().equals(ClusterView.EMPTY)) {
            changes.leader();
            changes.members();
            changes.synchronousSet();
            changes.request();
            changes.configuration();
        }
        changes.failsafe();
        return changes.found;
    }

    private void note(Kind kind, String subject, String text) {
        found.add(Happening.seen(at, kind, subject, text));
    }

    private void store() {
        boolean was = before.viewReadAt() != null;
        boolean is = after.viewReadAt() != null;
        if (was && !is) {
            note(Kind.STORE, "", "The store cannot be read from " + after.name());
        } else if (!was && is && !before.view().equals(ClusterView.EMPTY)) {
            note(Kind.STORE, "", "The store answers " + after.name() + " again");
        }
    }

    private void leader() {
        String was = before.view().leaderName();
        String is = after.view().leaderName();
        if (Objects.equals(was, is)) {
            return;
        }
        if (is == null) {
            note(Kind.OUTAGE, String.valueOf(was), was + " has no lease any more: there is no leader");
        } else {
            note(Kind.LEADER, is, was == null ? is + " has the lease and leads" : is + " leads in place of " + was);
        }
    }

    private void members() {
        Map<String, Row> old = rows(before);
        Map<String, Row> present = rows(after);
        present.forEach((name, row) -> {
            Row was = old.get(name);
            if (was == null) {
                note(Kind.MEMBER, name, name + " is a member: " + describe(row));
                return;
            }
            String wasText = describe(was);
            String isText = describe(row);
            if (!wasText.equals(isText)) {
                note(Kind.MEMBER, name, name + ": " + isText + " (was: " + wasText + ")");
            }
            pendingRestart(name, was.member(), row.member());
        });
        old.keySet().stream()
                .filter(name -> !present.containsKey(name))
                .forEach(name -> note(Kind.MEMBER, name, name + " is no longer a member: its key has expired"));
    }

    private static Map<String, Row> rows(NodeStatus status) {
        var rows = new LinkedHashMap<String, Row>();
        ClusterSummary.of(status.scope(), status.view()).members().forEach(row -> rows.put(row.name(), row));
        return rows;
    }

    private static String describe(Row row) {
        int timeline = row.member().timeline();
        return row.role().replace('_', ' ') + ", " + row.state() + (timeline == 0 ? "" : ", timeline " + timeline);
    }

    private void pendingRestart(String name, Member was, Member is) {
        boolean waited = was.data().has("pending_restart");
        boolean waits = is.data().has("pending_restart");
        if (!waited && waits) {
            var parameters = Json.object(is.data(), "pending_restart_reason")
                    .map(JsonObject::keySet)
                    .map(names -> ": " + String.join(", ", names))
                    .orElse("");
            note(Kind.MEMBER, name, name + " waits for a restart" + parameters);
        } else if (waited && !waits) {
            note(Kind.MEMBER, name, name + " needs no restart any more");
        }
    }

    private void synchronousSet() {
        List<String> was = before.view().sync().voters();
        List<String> is = after.view().sync().voters();
        if (!was.equals(is)) {
            note(Kind.MEMBER, "", "Synchronous standbys: " + names(is) + " (was: " + names(was) + ")");
        }
    }

    private static String names(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }

    private void request() {
        FailoverRequest was = before.view().failover();
        FailoverRequest is = after.view().failover();
        if (is != null && (was == null || !was.toJson().equals(is.toJson()))) {
            note(
                    Kind.REQUEST,
                    "",
                    "A " + is.action() + " is asked for"
                            + (is.leader() == null ? "" : " from " + is.leader())
                            + (is.candidate() == null ? "" : " to " + is.candidate())
                            + (is.scheduledAt() == null ? "" : " at " + is.scheduledAt()));
        } else if (is == null && was != null) {
            note(Kind.REQUEST, "", "The request for a " + was.action() + " is settled");
        }
    }

    /** Names of keys only: values may be secrets, a {@code primary_conninfo} for instance. */
    private void configuration() {
        DynamicConfig was = before.view().dynamicConfig();
        DynamicConfig is = after.view().dynamicConfig();
        if (was.equals(is)) {
            return;
        }
        if (was.isPaused() != is.isPaused()) {
            note(Kind.CONFIG, "", is.isPaused() ? "The cluster is paused: nobody takes over" : "The pause is over");
        }
        var names = new TreeSet<String>();
        differences("", was.document(), is.document(), names);
        names.remove("pause");
        if (!names.isEmpty()) {
            note(Kind.CONFIG, "", "Configuration changed: " + String.join(", ", names));
        }
    }

    private static void differences(String prefix, JsonObject was, JsonObject is, Set<String> names) {
        var keys = new TreeSet<>(was.keySet());
        keys.addAll(is.keySet());
        for (String key : keys) {
            JsonElement a = was.get(key);
            JsonElement b = is.get(key);
            if (a instanceof JsonObject x && b instanceof JsonObject y) {
                differences(prefix + key + ".", x, y, names);
            } else if (!Objects.equals(a, b)) {
                names.add(prefix + key);
            }
        }
    }

    private void failsafe() {
        if (before.failsafeActive() != after.failsafeActive()) {
            note(Kind.STORE, "", after.failsafeActive() ? "Failsafe mode is active" : "Failsafe mode is over");
        }
        boolean carried = !before.findings().promises().held().isEmpty();
        boolean isCarried = !after.findings().promises().held().isEmpty();
        if (carried != isCarried) {
            note(Kind.STORE, "", "Promises of the members carry the leader" + (isCarried ? "" : " no more"));
        }
    }
}
