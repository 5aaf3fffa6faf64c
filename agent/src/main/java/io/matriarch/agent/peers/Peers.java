package io.matriarch.agent.peers;

import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The other members, asked in parallel. */
public interface Peers {

    /**
     * Asks each member with an {@code api_url} for its status, side by side.
     *
     * @param limit for all of them; 2 s at most (contract ha-loop.md 8.3), less where leases are short
     * @return one answer each, in their order
     */
    List<PeerStatus> poll(Collection<Member> members, Duration limit);

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

    /**
     * Sends {@code POST /lease} to each of these members, side by side (decision 0016).
     *
     * @param members name to REST URL
     * @param body what is asked for
     * @param limit for all of it
     * @param enough whether these answers will do: then nobody waits for the others
     */
    List<Said> askForLease(Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough);

    /** What a member said; without an answer it is a refusal with the reason. */
    record Said(String member, LeaseAnswer answer) {}

    /** Whether anything answers HTTP on {@code /liveness} of this member within 3 s (contract ha-loop.md 18). */
    boolean isAlive(Member member);
}
