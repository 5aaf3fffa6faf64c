package io.matriarch.agent.rest;

import io.matriarch.agent.peers.Peers;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Members of whom none answers. */
final class SilentPeers implements Peers {

    @Override
    public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
        return List.of();
    }

    @Override
    public List<Consent> askForConsent(Map<String, String> members, String announcement) {
        return List.of();
    }

    @Override
    public List<Said> askForLease(
            Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
        return List.of();
    }

    @Override
    public boolean isAlive(Member member) {
        return false;
    }
}
