package io.matriarch.agent.rest;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.model.config.BasicAuth;
import io.matriarch.model.config.RestSettings;
import io.matriarch.model.config.RestSettings.VerifyClient;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who may use the control endpoints (contract rest-api.md 6): by address, by certificate, by password. */
final class Protection {

    private static final Logger LOG = System.getLogger("patroni.api");
    private static final Duration LOOKUP_LIMIT = Duration.ofSeconds(2);

    private final RestSettings settings;
    private final List<Network> allowed;
    private final byte @Nullable [] expected;

    private Protection(RestSettings settings, List<Network> allowed) {
        this.settings = settings;
        this.allowed = allowed;
        BasicAuth auth = settings.authentication();
        this.expected = auth == null ? null : bytes(auth.username() + ":" + auth.password());
    }

    /** Resolves the allowlist; what cannot be used is logged and left out. */
    static Protection load(RestSettings settings) {
        var allowed = new ArrayList<Network>();
        for (String entry : settings.allowlist()) {
            Optional<Network> network = Network.parse(entry);
            if (network.isPresent()) {
                allowed.add(network.get());
            } else if (entry.indexOf('/') >= 0) {
                LOG.log(Level.ERROR, "Invalid value \"{0}\" in the allowlist: not a network", entry);
            } else {
                resolve(entry).stream().map(Network::of).forEach(allowed::add);
            }
        }
        return new Protection(settings, allowed);
    }

    /** The refusal; empty when the request may go on. */
    Optional<Reply> refusal(Request request, Optional<ClusterView> view) {
        boolean byAddress = !settings.allowlist().isEmpty() || settings.allowlistIncludeMembers();
        if (byAddress && !isAllowed(request, view)) {
            return Optional.of(Reply.text(403, "Access is denied"));
        }
        if (settings.isTls() && settings.verifyClient() != VerifyClient.NONE && !request.clientCertificate()) {
            return Optional.of(Reply.text(403, "client certificate required"));
        }
        if (expected == null) {
            return Optional.empty();
        }
        if (request.authorization() == null) {
            return Optional.of(unauthorized("no auth header received"));
        }
        return isAuthentic(request.authorization(), expected)
                ? Optional.empty()
                : Optional.of(unauthorized("not authenticated"));
    }

    private static Reply unauthorized(String text) {
        return new Reply.Body(401, "text/html", text, Map.of("WWW-Authenticate", "Basic realm=\"Patroni\""));
    }

    private boolean isAllowed(Request request, Optional<ClusterView> view) {
        InetAddress client = request.client();
        if (allowed.stream().anyMatch(n -> n.contains(client))) {
            return true;
        }
        return settings.allowlistIncludeMembers()
                && !request.segment().equals("failsafe")
                && !request.segment().equals("lease")
                && view.isPresent()
                && view.get().members().values().stream()
                        .map(Member::apiUrl)
                        .flatMap(Optional::stream)
                        .map(Protection::host)
                        .flatMap(Optional::stream)
                        .distinct()
                        .anyMatch(host -> resolve(host).contains(client));
    }

    private static Optional<String> host(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static List<InetAddress> resolve(String host) {
        try {
            return Resolver.resolve(host, LOOKUP_LIMIT);
        } catch (UnknownHostException e) {
            LOG.log(Level.ERROR, "Failed to resolve {0}: {1}", host, e.getMessage());
            return List.of();
        }
    }

    /** Takes the same time for every wrong password of one length. */
    private static boolean isAuthentic(String header, byte[] expected) {
        if (!header.startsWith("Basic ")) {
            return false;
        }
        try {
            return MessageDigest.isEqual(Base64.getDecoder().decode(header.substring("Basic ".length())), expected);
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
