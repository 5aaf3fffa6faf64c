package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.node.NodeControl.RestartAnswer;
import io.matriarch.agent.node.ScheduledRestart;
import io.matriarch.agent.peers.Peers;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.FailoverRequest;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.LooseEquality;
import io.matriarch.model.Lsn;
import io.matriarch.model.MergePatch;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.TimeSource;
import io.matriarch.model.TimeText;
import io.matriarch.model.VoteRequest;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the control endpoints do (contract rest-api.md 5). Each runs on the thread of its request. */
final class Controls {

    private static final Logger LOG = System.getLogger("patroni.api");
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);
    /** A switchover is waited for at least this often, whatever {@code loop_wait} says. */
    private static final long FEWEST_POLLS = 10;

    private final NodeControl node;
    private final Peers peers;
    private final TimeSource time;

    Controls(NodeControl node, Peers peers, TimeSource time) {
        this.node = node;
        this.peers = peers;
        this.time = time;
    }

    // ---- configuration

    Reply patchConfig(JsonObject patch) throws StoreUnavailableException {
        ConfigKey key = node.store().load().config();
        if (key == null || !key.valid() || !key.revision().exists()) {
            return new Reply.ErrorPage(503);
        }
        JsonObject before = key.config().document();
        Optional<JsonObject> patched = MergePatch.apply(before, patch);
        if (patched.isPresent() && !write(Key.CONFIG, patched.get(), new Expectation.Version(key.revision()))) {
            return new Reply.ErrorPage(409);
        }
        node.wakeUp();
        return Reply.json(200, patched.orElse(before));
    }

    Reply putConfig(JsonObject document) throws StoreUnavailableException {
        ConfigKey key = node.store().load().config();
        boolean equal =
                key != null && key.valid() && LooseEquality.equal(key.config().document(), document);
        if (!equal && !write(Key.CONFIG, document, Expectation.ANY)) {
            return new Reply.ErrorPage(502);
        }
        return Reply.json(200, document);
    }

    /** Whether the document is stored; an unknown outcome is resolved by reading. */
    private boolean write(Key key, JsonObject document, Expectation expectation) throws StoreUnavailableException {
        return settle(
                node.store().put(key, Json.compact(document), expectation),
                view -> view.config() != null
                        && view.config().config().document().equals(document));
    }

    private boolean settle(WriteOutcome outcome, Predicate<ClusterView> happened) throws StoreUnavailableException {
        return switch (outcome) {
            case WriteOutcome.Applied _ -> true;
            case WriteOutcome.Refused _ -> false;
            case WriteOutcome.Unknown _ -> happened.test(node.store().load());
        };
    }

    // ---- restart, reinitialize

    Reply restart(JsonObject body) throws StoreUnavailableException {
        boolean paused = node.store().load().dynamicConfig().isPaused();
        return switch (RestartRequest.parse(body, paused, time.wallClock())) {
            case RestartRequest.Refused(Reply reply) -> reply;
            case RestartRequest.Now(JsonObject conditions) -> restartNow(conditions);
            case RestartRequest.Later(var schedule, JsonObject document) -> {
                String started = node.status()
                        .snapshot()
                        .map(s -> TimeText.spaced(s.postmasterStartTime()))
                        .orElse("");
                yield node.scheduleRestart(new ScheduledRestart(schedule, document, started))
                        ? Reply.text(202, "Restart scheduled")
                        : Reply.text(409, "Another restart is already scheduled");
            }
        };
    }

    private Reply restartNow(JsonObject conditions) {
        try {
            RestartAnswer answer = node.restart(conditions);
            return Reply.text(answer.success() ? 200 : 503, answer.text());
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "Exception during restart", e);
            return Reply.text(400, "restart failed");
        }
    }

    /** Ours: makes the cluster from this node, when there is none. */
    Reply bootstrap() throws StoreUnavailableException {
        ClusterView view = node.store().load();
        if (view.initialize() != null || view.leaderName() != null || view.config() != null) {
            return Reply.text(409, "the cluster exists already");
        }
        return node.requestBootstrap()
                .map(refusal -> Reply.text(409, refusal))
                .orElseGet(() -> Reply.text(202, "bootstrap scheduled"));
    }

    Reply reinitialize(JsonObject body) throws StoreUnavailableException {
        String leader = node.store().load().leaderName();
        if (leader == null) {
            return Reply.text(503, "Cluster has no leader, can not reinitialize");
        }
        if (leader.equals(node.status().name())) {
            return Reply.text(503, "I am the leader, can not reinitialize");
        }
        boolean force = Json.bool(body, "force").orElse(false);
        boolean fromLeader = Json.bool(body, "from_leader").orElse(false);
        return node.reinitialize(force, fromLeader)
                .map(refusal -> Reply.text(503, refusal))
                .orElseGet(() -> Reply.text(200, "reinitialize started"));
    }

    // ---- failsafe

    Reply failsafe(JsonObject body) {
        if (!node.status().dynamic().failsafeMode()) {
            return new Reply.ErrorPage(502);
        }
        FailsafePrimary primary = FailsafePrimary.parse(body).orElse(null);
        if (primary == null) {
            return new Reply.ErrorPage(400);
        }
        if (!node.consentTo(primary)) {
            return Reply.text(500, "Running as a leader");
        }
        Lsn position = node.status().snapshot().map(Snapshot::position).orElse(Lsn.NONE);
        Map<String, String> headers = position.isKnown() ? Map.of("lsn", Long.toString(position.bytes())) : Map.of();
        return new Reply.Body(200, "text/html", "Accepted", headers);
    }

    /** Decision 0016. */
    Reply lease(JsonObject body) {
        return VoteRequest.parse(body)
                .map(node::vote)
                .or(() -> FailsafePrimary.parse(body).map(node::promise))
                .<Reply>map(answer -> new Reply.Body(200, "application/json", answer.toJson(), Map.of()))
                .orElseGet(() -> new Reply.ErrorPage(400));
    }

    // ---- switchover

    Reply switchover(SwitchoverRequest request) throws StoreUnavailableException {
        ClusterView view = node.store().load();
        MonotonicTime asked = time.now();
        LOG.log(
                Level.INFO,
                () -> "received " + request.requestedAction() + " request with leader=" + orNone(request.leader())
                        + " candidate=" + orNone(request.candidate()) + " scheduled_at="
                        + orNone(request.scheduledAt()));
        if (request.failover() && request.candidate() != null && request.leader() != null) {
            LOG.log(Level.WARNING, "received failover request with leader specified - performing switchover instead");
        }
        return switch (SwitchoverChecks.check(request, view, view.dynamicConfig(), time.wallClock())) {
            case SwitchoverChecks.Outcome.Refused(Reply reply) -> reply;
            case SwitchoverChecks.Outcome.Scheduled(String at) ->
                writeRequest(request, at)
                        ? Reply.text(202, "Switchover scheduled")
                        : Reply.text(503, "failed to write failover key into DCS");
            case SwitchoverChecks.Outcome.AskFirst(var members) -> {
                Reply refusal = SwitchoverChecks.checkAnswers(
                        request, peers.poll(members, node.status().timing().ttl()));
                if (refusal != null) {
                    yield refusal;
                }
                if (!writeRequest(request, null)) {
                    yield Reply.text(503, "failed to write failover key into DCS");
                }
                node.wakeUp();
                yield awaitNewLeader(request, view.leaderName(), asked);
            }
        };
    }

    private static String orNone(@Nullable String value) {
        return value == null ? "None" : value;
    }

    private boolean writeRequest(SwitchoverRequest request, @Nullable String at) throws StoreUnavailableException {
        var wanted = new FailoverRequest(request.leader(), request.candidate(), at, Revision.NONE);
        return settle(
                node.store().put(Key.FAILOVER, wanted.toJson(), Expectation.ANY),
                view -> view.failover() != null && view.failover().toJson().equals(wanted.toJson()));
    }

    private Reply awaitNewLeader(SwitchoverRequest request, @Nullable String before, MonotonicTime asked) {
        String action = request.action();
        String title = Character.toUpperCase(action.charAt(0)) + action.substring(1);
        long limit =
                2 * Math.max(FEWEST_POLLS, node.status().timing().loopWait().toSeconds());
        for (long i = 0; i < limit; i++) {
            try {
                time.sleep(POLL_INTERVAL);
                ClusterView view = node.store().load();
                String leader = view.leaderName();
                if (leader != null && !leader.equals(before)) {
                    return Reply.text(200, success(request, leader));
                }
                if (view.failover() == null) {
                    return Reply.text(503, withReasons(title + " failed", before, asked));
                }
            } catch (StoreUnavailableException e) {
                LOG.log(Level.DEBUG, "The store could not be read while waiting for the new leader", e);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return Reply.text(
                503, title + " status unknown after " + limit + " seconds; operation may still be in progress");
    }

    /** The text that tools match, then what the leader found; it may have told another node's request only its log. */
    private String withReasons(String text, @Nullable String leader, MonotonicTime asked) {
        List<String> why = node.refusalSince(asked);
        if (!why.isEmpty()) {
            return text + "\n" + String.join("\n", why);
        }
        boolean elsewhere = leader != null && !leader.equals(node.status().name());
        return elsewhere ? text + "\nthe log and the journal of " + leader + " say why" : text;
    }

    private static String success(SwitchoverRequest request, String leader) {
        boolean failover = request.action().equals("failover");
        String candidate = request.candidate();
        return candidate == null || candidate.equals(leader)
                ? "Successfully " + (failover ? "failed" : "switched") + " over to \"" + leader + "\""
                : (failover ? "Failed" : "Switched") + " over to \"" + leader + "\" instead of \"" + candidate + "\"";
    }

    Reply deleteSwitchover() throws StoreUnavailableException {
        FailoverRequest waiting = node.store().load().failover();
        if (waiting == null || waiting.scheduledAt() == null) {
            return Reply.text(404, "no switchover is scheduled");
        }
        boolean cleared = settle(
                node.store().put(Key.FAILOVER, FailoverRequest.CLEARED, Expectation.unchanged(waiting.revision())),
                view -> view.failover() == null);
        return cleared ? Reply.text(200, "scheduled switchover deleted") : new Reply.ErrorPage(409);
    }
}
