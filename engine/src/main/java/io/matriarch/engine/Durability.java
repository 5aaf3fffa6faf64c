package io.matriarch.engine;

import io.matriarch.model.Lsn;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.SyncState;
import org.jspecify.annotations.Nullable;

/**
 * What a new primary says of the commits that the one before acknowledged: whether all are here, and which part of the WAL is
 * at risk if not. Said once, with the promotion, from the very values that decided it.
 */
final class Durability {

    private Durability() {}

    static Reason ofPromotion(Situation s) {
        Lsn here = s.local().position();
        SyncState sync = s.view().sync();
        String before = s.isSyncActive() ? sync.leader() : s.ledView().leaderName();
        if (before == null || before.equalsIgnoreCase(s.me())) {
            return Reason.info("Durability: kept. This node led last");
        }
        if (isProven(s)) {
            return Reason.info("Durability: kept. Every commit that " + before
                    + " acknowledged in synchronous mode is here, at " + here);
        }
        return s.isSyncActive()
                ? Reason.warning("Durability: not proven. This node, at " + here
                        + ", was not elected by the synchronous set of " + before + risk(s, before))
                : unpromised(s, before);
    }

    private static Reason unpromised(Situation s, String before) {
        String risk = risk(s, before);
        return risk.isEmpty()
                ? Reason.info("Durability: nothing was promised in asynchronous mode. All that " + before
                        + " published last, up to " + s.view().status().optime()
                        + ", is here; what it acknowledged after that is at risk")
                : Reason.warning("Durability: nothing was promised in asynchronous mode" + risk);
    }

    /** The part of the WAL that is known to have been there and is not here; empty: none is known. */
    private static String risk(Situation s, String before) {
        Lsn published = s.view().status().optime();
        Lsn here = s.local().position();
        long missing = published.bytesAfter(here);
        return missing == 0
                ? ""
                : ". " + before + " had published " + published + ": " + missing + " bytes are at risk, from " + here
                        + " to " + published;
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
}
