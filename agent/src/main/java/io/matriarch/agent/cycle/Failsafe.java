package io.matriarch.agent.cycle;

import com.google.gson.JsonObject;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.peers.Peers.Consent;
import io.matriarch.engine.FailsafeCheck;
import io.matriarch.engine.Reason;
import io.matriarch.engine.Situation;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.FailsafePrimary;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Failsafe mode (contract ha-loop.md 13). The leader keeps the map of those who may race; when the store is away, it asks
 * all of them and leads on while all promise not to. Used by the cycle's thread; {@link #isActive} by any.
 *
 * <p>Two things keep this from becoming a hole. Our lease and the promises must follow on each other without a gap, so
 * the consent only extends what is still valid ({@link LockKeeper#extendByConsent}). And the map that is asked contains
 * everybody who could have read that he may race: also those of a map whose writing had no answer.
 */
final class Failsafe {

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final Peers peers;
    private final LockKeeper lock;
    private final FailsafePromise promise;
    private final TimeSource time;
    private final Supplier<String> apiUrl;
    private Map<String, String> map = Map.of();
    /** Entries that were sent to the store and may be there. */
    private Map<String, String> unconfirmed = Map.of();

    /** Where those who consented said that they are; the store does not tell meanwhile. */
    private Map<String, Lsn> positions = Map.of();

    private volatile boolean leadsByConsent;

    Failsafe(
            AgentStore store,
            PostgresInstance postgres,
            Peers peers,
            LockKeeper lock,
            FailsafePromise promise,
            TimeSource time,
            Supplier<String> apiUrl) {
        this.store = store;
        this.postgres = postgres;
        this.peers = peers;
        this.lock = lock;
        this.promise = promise;
        this.time = time;
        this.apiUrl = apiUrl;
    }

    // ---- the leader

    /** Takes over the map that the store shows. */
    void observe(ClusterView view) {
        map = view.failsafe() == null ? Map.of() : view.failsafe();
    }

    /** After each successful update of the lock: writes the map when it is not what it should be (dcs-etcd3.md 1.6). */
    void publish(Situation s) {
        if (!s.config().failsafeMode()) {
            return;
        }
        var wanted = new TreeMap<String, String>();
        for (Member member : s.view().members().values()) {
            member.apiUrl().ifPresent(url -> wanted.put(member.name(), url));
        }
        wanted.put(s.me(), apiUrl.get());
        if (wanted.equals(map) && unconfirmed.isEmpty()) {
            return;
        }
        var document = new JsonObject();
        wanted.forEach(document::addProperty);
        switch (store.put(Key.FAILSAFE, Json.compact(document), Expectation.ANY)) {
            case WriteOutcome.Applied _ -> {
                map = Collections.unmodifiableMap(wanted);
                unconfirmed = Map.of();
            }
            case WriteOutcome.Refused _ -> {
                // As before; the next update of the lock tries again.
            }
            case WriteOutcome.Unknown _ -> {
                wanted.putAll(unconfirmed);
                unconfirmed = Collections.unmodifiableMap(wanted);
            }
        }
    }

    /** Asks everybody who could race; when all consent, the lease and its guard reach further. */
    FailsafeCheck ask(Situation s, Optional<Snapshot> snapshot) {
        leadsByConsent = false;
        if (!map.containsKey(s.me())) {
            return FailsafeCheck.refused(
                    "failsafe mode: the failsafe key " + map.keySet() + " does not name " + s.me());
        }
        var others = new TreeMap<>(unconfirmed);
        others.putAll(map);
        others.remove(s.me());
        Map<String, Lsn> slots =
                snapshot.map(found -> StatusKeeper.positions(s.me(), found)).orElse(Map.of());
        var announced = new FailsafePrimary(
                s.me(), postgres.connUrl(), apiUrl.get(), slots, s.timing().ttl());
        MonotonicTime asked = time.now();
        List<Consent> answers = peers.askForConsent(others, announced.toJson());
        List<Reason> refusals = answers.stream()
                .filter(consent -> !consent.given())
                .map(consent -> Reason.warning("failsafe mode: " + describe(consent)))
                .toList();
        if (!refusals.isEmpty()) {
            return new FailsafeCheck(FailsafeCheck.Outcome.REFUSED, refusals);
        }
        if (!lock.extendByConsent(asked, announced.ttl())) {
            return FailsafeCheck.refused("failsafe mode: all members accepted, but the lease was over before: "
                    + "somebody else may have led meanwhile");
        }
        leadsByConsent = true;
        positions = answers.stream()
                .filter(consent -> consent.position().isKnown())
                .collect(Collectors.toUnmodifiableMap(Consent::member, Consent::position));
        return new FailsafeCheck(FailsafeCheck.Outcome.ALL_ACCEPT, List.of());
    }

    private static String describe(Consent consent) {
        return "member " + consent.member() + " did not accept: " + consent.answer();
    }

    /** The store answers again. */
    void storeIsBack() {
        leadsByConsent = false;
        positions = Map.of();
    }

    // ---- everybody

    /** Whether this node leads by consent of the others, or gave its own. */
    boolean isActive() {
        return leadsByConsent || (promise.isConsent() && !lock.leads());
    }

    /** A view without leader, with the primary that announced itself in its place. */
    ClusterView withAnnounced(ClusterView view, DynamicConfig config) {
        boolean counts = config.failsafeMode() || view.electorate().isInForce();
        return counts && view.isUnlocked() ? announced(view) : view;
    }

    /** The last view, with what the primary announced since, and the others answered it. */
    ClusterView announced(ClusterView view) {
        ClusterView announced = promise.primary().map(view::withFailsafePrimary).orElse(view);
        if (positions.isEmpty()) {
            return announced;
        }
        var members = new TreeMap<>(announced.members());
        positions.forEach((name, position) -> members.computeIfPresent(name, (_, member) -> member.at(position)));
        return announced.withMembers(members);
    }
}
