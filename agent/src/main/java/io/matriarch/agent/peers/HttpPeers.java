package io.matriarch.agent.peers;

import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.LeaseAnswer;
import io.matriarch.model.Lsn;
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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The other members over HTTP. All requests of a poll run side by side under one deadline, so that a frozen member
 * costs a race no more than that deadline, whatever else is wrong with it.
 */
public final class HttpPeers implements Peers {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** Contract ha-loop.md 8.3. */
    private static final Duration POLL_LIMIT = Duration.ofSeconds(2);
    /** Contract ha-loop.md 13: one try and one repetition. */
    private static final int CONSENT_TRIES = 2;

    private static final Duration CONSENT_LIMIT = Duration.ofSeconds(2);
    /** Contract rest-api.md 8. */
    private static final Duration LIVENESS_LIMIT = Duration.ofSeconds(3);

    /** How long one of several answers is waited for before the others are looked at. */
    private static final Duration LOOK = Duration.ofMillis(5);

    private final RestCaller client;

    public HttpPeers(RestCaller client) {
        this.client = client;
    }

    private record Asked(Member member, String url, RestCaller.Pending answer) {}

    @Override
    public List<PeerStatus> poll(Collection<Member> members, Duration limit) {
        Duration most = limit.compareTo(POLL_LIMIT) < 0 ? limit : POLL_LIMIT;
        var asked = new ArrayList<Asked>();
        for (Member member : members) {
            member.apiUrl().ifPresent(url -> asked.add(new Asked(member, url, client.start(RestCall.get(url, most)))));
        }
        return asked.stream().map(HttpPeers::status).toList();
    }

    private static PeerStatus status(Asked asked) {
        String name = asked.member.name();
        return switch (asked.answer.await()) {
            // The code is not looked at: a node that is not healthy says so in its document.
            case Answer(var _, String body, var _) -> {
                LOG.log(Level.INFO, () -> "Got response from " + name + " " + asked.url + ": " + body);
                yield PeerStatus.parse(name, body);
            }
            case Failed(String reason, var _) -> {
                LOG.log(Level.WARNING, () -> "Request failed to " + name + ": GET " + asked.url + " (" + reason + ")");
                yield new Unreachable(name, reason);
            }
        };
    }

    @Override
    public List<Consent> askForConsent(Map<String, String> members, String announcement) {
        var consents = new TreeMap<String, Consent>();
        Map<String, String> left = members;
        for (int round = 0; round < CONSENT_TRIES && !left.isEmpty(); round++) {
            var again = new TreeMap<String, String>();
            var asked = new ArrayList<AskedForConsent>();
            left.forEach((name, url) -> asked.add(startAsking(name, url, announcement)));
            for (AskedForConsent a : asked) {
                RestResult result = a.answer.await();
                consents.put(a.name, consent(a, result));
                if (result instanceof Failed) {
                    again.put(a.name, a.apiUrl);
                }
            }
            left = again;
        }
        return List.copyOf(consents.values());
    }

    private record AskedForConsent(String name, String apiUrl, String url, RestCaller.Pending answer) {}

    private AskedForConsent startAsking(String name, String apiUrl, String announcement) {
        String url = sibling(apiUrl, "/failsafe").orElse(apiUrl);
        return new AskedForConsent(
                name, apiUrl, url, client.start(new RestCall("POST", url, announcement, CONSENT_LIMIT)));
    }

    private static Consent consent(AskedForConsent asked, RestResult result) {
        return switch (result) {
            case Answer(int code, String body, var headers) -> {
                LOG.log(Level.INFO, () -> "Got response from " + asked.name + " " + asked.url + ": " + body);
                yield new Consent(
                        asked.name,
                        code == 200 && body.equals("Accepted"),
                        code + " " + body.strip(),
                        Lsn.ofBytes(headers.get("lsn")));
            }
            case Failed(String reason, var _) -> {
                LOG.log(
                        Level.WARNING,
                        () -> "Request failed to " + asked.name + ": POST " + asked.url + " (" + reason + ")");
                yield new Consent(asked.name, false, reason, Lsn.NONE);
            }
        };
    }

    @Override
    public List<Said> askForLease(
            Map<String, String> members, String body, Duration limit, Predicate<List<Said>> enough) {
        var left = new ArrayList<AskedForConsent>();
        members.forEach((name, apiUrl) -> {
            String url = sibling(apiUrl, "/lease").orElse(apiUrl);
            left.add(new AskedForConsent(name, apiUrl, url, client.start(new RestCall("POST", url, body, limit))));
        });
        var said = new ArrayList<Said>();
        // The calls end by themselves at the limit, those that nobody waits for too.
        while (!left.isEmpty() && !enough.test(said)) {
            for (AskedForConsent asked : List.copyOf(left)) {
                asked.answer.within(LOOK).ifPresent(result -> {
                    left.remove(asked);
                    said.add(said(asked, result));
                });
            }
        }
        return said;
    }

    private static Said said(AskedForConsent asked, RestResult result) {
        return switch (result) {
            case Answer(int code, String body, var _) -> {
                LOG.log(Level.DEBUG, () -> "Got response from " + asked.name + " " + asked.url + ": " + body);
                yield new Said(
                        asked.name,
                        code == 200 ? LeaseAnswer.parse(body) : LeaseAnswer.refused("it answers with code " + code));
            }
            case Failed(String reason, var _) -> {
                LOG.log(
                        Level.INFO,
                        () -> "Request failed to " + asked.name + ": POST " + asked.url + " (" + reason + ")");
                yield new Said(asked.name, LeaseAnswer.refused(reason));
            }
        };
    }

    @Override
    public boolean isAlive(Member member) {
        Optional<String> url = member.apiUrl().flatMap(u -> sibling(u, "/liveness"));
        return url.isPresent() && client.send(RestCall.get(url.get(), LIVENESS_LIMIT)) instanceof RestResult.Answer;
    }

    /** Another path on the same server. */
    private static Optional<String> sibling(String apiUrl, String path) {
        try {
            return Optional.of(URI.create(apiUrl).resolve(path).toString());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
