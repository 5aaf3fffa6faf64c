package io.matriarch.agent.meters;

import io.matriarch.agent.meters.Meters.Work;
import io.matriarch.agent.peers.Peers;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.TimeSource;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Members whose answers are counted. The duration is that of the whole question, to all of them at once. */
public final class MeteredPeers implements Peers {

    private final Peers peers;
    private final Meters meters;
    private final TimeSource time;

    public MeteredPeers(Peers peers, Meters meters, TimeSource time) {
        this.peers = peers;
        this.meters = meters;
        this.time = time;
    }

    @Override
    public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
        MonotonicTime begin = time.now();
        List<PeerStatus> answers = peers.poll(members, limit);
        for (PeerStatus answer : answers) {
            meters.add(
                    answer instanceof PeerStatus.Reachable ? Work.PEER_ANSWERED : Work.PEER_SILENT,
                    time.now().since(begin));
        }
        return answers;
    }

    @Override
    public List<Consent> askForConsent(Map<String, String> members, String announcement) {
        return peers.askForConsent(members, announcement);
    }

    @Override
    public List<Said> askForLease(
            Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
        return peers.askForLease(members, body, limit, enough);
    }

    @Override
    public boolean isAlive(Member member) {
        return peers.isAlive(member);
    }
}
