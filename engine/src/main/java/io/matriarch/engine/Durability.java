package io.matriarch.engine;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.SyncState;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a node says after a failover of the commits that the primary before acknowledged: whether all are there, and which
 * part of the WAL is at risk if not. The new primary says it with its promotion, from the very values that decided it; the one
 * that lost its primacy when it has compared its WAL with the new primary's.
 *
 * @param statement for people
 * @param from where the part of the WAL begins that is at risk; {@link Lsn#NONE}: none is known
 * @param to where it ends
 */
public record Durability(Promise promise, String statement, Lsn from, Lsn to) {

    /** What became of the promise of synchronous mode. */
    public enum Promise {
        KEPT("kept"),
        NOT_PROVEN("not proven"),
        /** Asynchronous mode gives none. */
        NONE("none given"),
        /** Who lost its primacy has WAL that the new primary has not; whether it was acknowledged only the other knows. */
        TOLD_BY_LEADER("see the new primary");

        private final String text;

        Promise(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** The whole sentence. */
    public String text() {
        return "Durability: " + statement;
    }

    /** Somebody should look. */
    public boolean isAlarming() {
        return promise == Promise.NOT_PROVEN || from.isKnown();
    }

    Reason reason() {
        return isAlarming() ? Reason.warning(text()) : Reason.info(text());
    }

    private static Durability safe(Promise promise, String statement) {
        return new Durability(promise, statement, Lsn.NONE, Lsn.NONE);
    }

    // ---- the new primary

    /** What this node says when it becomes primary in this situation. */
    public static Durability ofPromotion(Situation s) {
        Lsn here = s.local().position();
        SyncState sync = s.view().sync();
        String before = s.isSyncActive() ? sync.leader() : s.ledView().leaderName();
        if (before == null) {
            return safe(Promise.NONE, "none given. This agent has seen nobody lead since it started");
        }
        if (before.equalsIgnoreCase(s.me())) {
            return safe(Promise.KEPT, "kept. This node led last");
        }
        if (s.config().isSynchronous() && sync.isEmpty()) {
            return safe(
                    Promise.NOT_PROVEN,
                    "not proven. The store does not say who holds what " + before
                            + " acknowledged in synchronous mode");
        }
        if (isProven(s)) {
            return safe(
                    Promise.KEPT,
                    "kept. Every commit that " + before + " acknowledged in synchronous mode is here, at " + here);
        }
        return s.isSyncActive()
                ? risked(
                        s,
                        Promise.NOT_PROVEN,
                        "not proven. This node, at " + here + ", was not elected by the synchronous set of " + before,
                        before)
                : unpromised(s, before);
    }

    private static Durability unpromised(Situation s, String before) {
        Durability risk = risked(s, Promise.NONE, "nothing was promised in asynchronous mode", before);
        return risk.from.isKnown()
                ? risk
                : safe(
                        Promise.NONE,
                        risk.statement + ". All that " + before + " published last, up to "
                                + s.view().status().optime()
                                + ", is here; what it acknowledged after that is at risk");
    }

    /** With the part of the WAL that is known to have been there and is not here. */
    private static Durability risked(Situation s, Promise promise, String statement, String before) {
        Lsn published = s.view().status().optime();
        Lsn here = s.local().position();
        long missing = published.bytesAfter(here);
        return missing == 0
                ? safe(promise, statement)
                : new Durability(
                        promise,
                        statement + ". " + before + " had published " + published + ": " + missing
                                + " bytes are at risk, from " + here + " to " + published,
                        here,
                        published);
    }

    private static boolean isProven(Situation s) {
        SyncState sync = s.view().sync();
        if (!s.isQuorumActive()) {
            return s.isSyncActive() && sync.isMember(s.me());
        }
        long votes = s.knownMembers().keySet().stream()
                .filter(name -> !name.equals(s.me()) && sync.isMember(name))
                .map(name -> s.answers().peers().get(name))
                .filter(answer -> agrees(answer, s.local().position()))
                .count();
        return votes - (sync.isMember(s.me()) ? 0 : 1) >= sync.quorum();
    }

    private static boolean agrees(@Nullable PeerStatus answer, Lsn here) {
        return PeerCheck.unusable(answer) == null
                && answer instanceof PeerStatus.Reachable peer
                && peer.position().isKnown()
                && !peer.position().isAfter(here);
    }

    // ---- the one before

    /**
     * What this node says when it was primary and follows somebody else now.
     *
     * @param timeline of the local WAL
     * @param end of the local WAL
     * @param diverged whether some of it is not the new primary's
     */
    public static Durability ofDeposed(Situation s, int timeline, Lsn end, boolean diverged) {
        String leader = Optional.ofNullable(s.view().leaderName()).orElse("the new primary");
        if (!diverged) {
            return safe(Promise.KEPT, "kept. All that this node wrote, up to " + end + ", is on " + leader);
        }
        Lsn from = s.view().history().entries().stream()
                .filter(entry -> entry.timeline() == timeline)
                .map(History.Entry::switchPoint)
                .findFirst()
                .orElse(Lsn.NONE);
        String lost = from.isKnown() && end.isAfter(from)
                ? end.bytesAfter(from) + " bytes of what this node wrote, from " + from + " to " + end + ", are"
                : from.isKnown()
                        ? "what this node has behind " + from + " is"
                        : "some of what this node wrote, up to " + end + ", is";
        return new Durability(
                s.config().isSynchronous() ? Promise.TOLD_BY_LEADER : Promise.NONE,
                lost + " not on " + leader
                        + (s.config().isSynchronous()
                                ? ". Nobody was told of these commits if " + leader + " says that the promise was kept"
                                : ". Nothing was promised in asynchronous mode: what was acknowledged there is lost"),
                from,
                from.isKnown() ? Lsn.max(from, end) : Lsn.NONE);
    }
}
