package io.matriarch.agent.peers;

import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import io.matriarch.model.PeerStatus.Unreachable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The other members over HTTP. All requests of a poll run side by side under one deadline, so that a frozen member
 * costs a race no more than that deadline, whatever else is wrong with it.
 */
public final class HttpPeers implements Peers {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** Contract ha-loop.md 8.3. */
    private static final Duration POLL_LIMIT = Duration.ofSeconds(2);
    /** Contract rest-api.md 8. */
    private static final Duration LIVENESS_LIMIT = Duration.ofSeconds(3);

    private final RestCaller client;

    public HttpPeers(RestCaller client) {
        this.client = client;
    }

    private record Asked(Member member, String url, RestCaller.Pending answer) {}

    @Override
    public List<PeerStatus> poll(Collection<Member> members) {
        var asked = new ArrayList<Asked>();
        for (Member member : members) {
            member.apiUrl()
                    .ifPresent(url -> asked.add(new Asked(member, url, client.start(RestCall.get(url, POLL_LIMIT)))));
        }
        return asked.stream().map(HttpPeers::status).toList();
    }

    private static PeerStatus status(Asked asked) {
        String name = asked.member.name();
        return switch (asked.answer.await()) {
            // The code is not looked at: a node that is not healthy says so in its document.
            case Answer(_, String body) -> {
                LOG.log(Level.INFO, () -> "Got response from " + name + " " + asked.url + ": " + body);
                yield PeerStatus.parse(name, body);
            }
            case Failed(String reason, _) -> {
                LOG.log(Level.WARNING, () -> "Request failed to " + name + ": GET " + asked.url + " (" + reason + ")");
                yield new Unreachable(name, reason);
            }
        };
    }

    @Override
    public boolean isAlive(Member member) {
        Optional<String> url = member.apiUrl().flatMap(HttpPeers::livenessUrl);
        return url.isPresent() && client.send(RestCall.get(url.get(), LIVENESS_LIMIT)) instanceof RestResult.Answer;
    }

    private static Optional<String> livenessUrl(String apiUrl) {
        try {
            return Optional.of(URI.create(apiUrl).resolve("/liveness").toString());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
