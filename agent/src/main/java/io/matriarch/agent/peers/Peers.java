package io.matriarch.agent.peers;

import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The other members, asked in parallel. */
public interface Peers {

    /** Asks each member with an {@code api_url} for its status; 2 s for all of them, one answer each, in their order. */
    List<PeerStatus> poll(Collection<Member> members);

    /**
     * Sends {@code POST /failsafe} to each of these members, side by side, and once more to those that gave no answer;
     * 2 s a try (contract ha-loop.md 13).
     *
     * @param members name to REST URL
     * @param announcement the body
     */
    List<Consent> askForConsent(Map<String, String> members, String announcement);

    /**
     * What a member said to a primary without store.
     *
     * @param answer what it said, or why it said nothing
     * @param position the WAL that it holds; {@link Lsn#NONE} when it did not tell
     */
    record Consent(String member, boolean given, String answer, Lsn position) {}

    /** Whether anything answers HTTP on {@code /liveness} of this member within 3 s (contract ha-loop.md 18). */
    boolean isAlive(Member member);
}
