package io.matriarch.agent.peers;

import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.util.Collection;
import java.util.List;

/** The other members, asked in parallel. */
public interface Peers {

    /** Asks each member with an {@code api_url} for its status; 2 s for all of them, one answer each, in their order. */
    List<PeerStatus> poll(Collection<Member> members);

    /** Whether anything answers HTTP on {@code /liveness} of this member within 3 s (contract ha-loop.md 18). */
    boolean isAlive(Member member);
}
