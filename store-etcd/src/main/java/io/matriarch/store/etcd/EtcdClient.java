package io.matriarch.store.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests to an etcd cluster: which server, how long, how often, as whom (contract dcs-etcd3.md 2.5 and 2.6). Every
 * call ends by its deadline. Used by several threads.
 */
final class EtcdClient implements AutoCloseable {

    /** Whether a request may be sent again, to any server, until the deadline. */
    enum Effort {
        /** Once, to the current server. A failure moves the next request to another server. */
        ONCE,
        /** Everywhere, in rounds. */
        PERSISTENT
    }

    /**
     * An answer.
     *
     * @param body the JSON document
     * @param sentAt when the request that was answered had not been sent yet
     * @param repeated whether an earlier attempt may have been carried out as well
     */
    record Reply(JsonObject body, MonotonicTime sentAt, boolean repeated) {}

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(1);
    private static final int MOST_JITTER_MILLIS = 800;
    private static final Duration FIRST_DISCOVERY_PERIOD = Duration.ofMinutes(5);

    private final EtcdSettings settings;
    private final TimeSource time;
    private final EtcdTransport transport;
    private final TermGuard guard = new TermGuard();
    private final Endpoints endpoints = new Endpoints();
    private final RandomGenerator random;
    private final AtomicReference<@Nullable String> token = new AtomicReference<>();
    private volatile EtcdSettings.@Nullable Login login;
    private volatile Timing timing;
    private volatile @Nullable String prefix;
    private volatile boolean authenticationOff;
    private volatile MonotonicTime nextDiscovery;

    EtcdClient(EtcdSettings settings, EtcdTransport transport, Timing timing, TimeSource time, RandomGenerator random) {
        this.settings = settings;
        this.login = settings.login();
        this.transport = transport;
        this.timing = timing;
        this.time = time;
        this.random = random;
        this.nextDiscovery = time.now();
    }

    void applyTiming(Timing newTiming) {
        timing = newTiming;
    }

    /** Others take effect with the next request, for which a new token is asked. */
    void changeLogin(EtcdSettings.@Nullable Login changed) {
        if (!Objects.equals(changed, login)) {
            login = changed;
            authenticationOff = false;
            token.set(null);
        }
    }

    /** The end of a call that begins now. */
    MonotonicTime deadline() {
        return time.now().plus(timing.retryTimeout());
    }

    /** The server that requests go to; null before any is known. */
    @Nullable
    URI current() {
        return endpoints.current();
    }

    /**
     * Sends a request.
     *
     * @throws EtcdRefused on a definite error
     * @throws EtcdUnreachable when no server gave a usable answer in time
     */
    Reply call(String path, JsonObject request, Effort effort, MonotonicTime deadline)
            throws EtcdRefused, EtcdUnreachable {
        discoverIfDue(deadline);
        boolean mayHaveArrived = false;
        EtcdUnreachable failure = new EtcdUnreachable("no etcd server is known, or no time left to ask it", false);
        Duration delay = FIRST_DELAY;
        while (true) {
            AttemptPlan plan =
                    AttemptPlan.of(timing.retryTimeout(), endpoints.all().size());
            Duration limit = effort == Effort.ONCE ? plan.share() : plan.attempt();
            int servers = effort == Effort.ONCE ? 1 : plan.servers();
            for (int i = 0; i < servers; i++) {
                URI endpoint = endpoints.current();
                Duration left = deadline.since(time.now());
                if (endpoint == null || !left.isPositive()) {
                    break;
                }
                try {
                    MonotonicTime sentAt = time.now();
                    JsonObject body = attempt(endpoint, path, request, shorter(limit, left), deadline);
                    return new Reply(body, sentAt, mayHaveArrived);
                } catch (EtcdUnreachable e) {
                    failure = e;
                    mayHaveArrived |= e.mayHaveArrived();
                    moveOn(endpoint, e);
                }
            }
            Duration left = deadline.since(time.now());
            if (effort == Effort.ONCE || left.compareTo(delay) <= 0) {
                throw new EtcdUnreachable(servers() + failure.getMessage(), mayHaveArrived, failure);
            }
            pause(shorter(delay.plusMillis(random.nextInt(MOST_JITTER_MILLIS)), left));
            delay = shorter(delay.multipliedBy(2), LONGEST_DELAY);
            nextDiscovery = time.now();
            discoverIfDue(deadline);
        }
    }

    /**
     * Opens a stream of answers from one server; a read that is longer silent than {@code silence} fails with a
     * {@link java.net.SocketTimeoutException}.
     */
    InputStream stream(URI endpoint, String path, JsonObject request, Duration silence)
            throws EtcdRefused, EtcdUnreachable {
        Duration limit =
                AttemptPlan.of(timing.retryTimeout(), endpoints.all().size()).share();
        MonotonicTime deadline = time.now().plus(limit);
        try {
            return transport.open(
                    exchange(endpoint, path, request, deadline), AttemptPlan.connectLimit(limit), limit, silence);
        } catch (EtcdUnreachable e) {
            moveOn(endpoint, e);
            throw e;
        }
    }

    /** See {@link TermGuard#beginnings}. */
    long beginnings() {
        return guard.beginnings();
    }

    /** Looks at a header that came in a stream. */
    void check(URI endpoint, JsonObject header) throws EtcdUnreachable {
        try {
            guard.check(endpoint, endpoints.all(), header, time.now());
        } catch (EtcdUnreachable e) {
            endpoints.failed(endpoint);
            throw e;
        }
    }

    /** Asks for a new token with the next request; a stream found out that the present one is no good. */
    void forgetToken() {
        token.set(null);
    }

    @Override
    public void close() {
        transport.close();
    }

    /** One attempt at one server, repeated once with a new token when the present one is no good. */
    private JsonObject attempt(URI endpoint, String path, JsonObject request, Duration limit, MonotonicTime deadline)
            throws EtcdRefused, EtcdUnreachable {
        MonotonicTime end = earlier(time.now().plus(limit), deadline);
        for (boolean again = true; ; again = false) {
            EtcdTransport.Exchange exchange = exchange(endpoint, path, request, end);
            try {
                return answer(endpoint, send(exchange, end));
            } catch (EtcdRefused e) {
                if (!again || !e.asksForAuthentication()) {
                    throw e;
                }
                reportRejectedToken(exchange.token(), e);
                token.compareAndSet(exchange.token(), null);
            }
        }
    }

    private void reportRejectedToken(@Nullable String rejected, EtcdRefused reason) throws EtcdRefused {
        if (login == null) {
            String message = "Username or password not set, authentication is not possible";
            LOG.log(Level.ERROR, message);
            throw EtcdRefused.unusable(message);
        }
        authenticationOff = false;
        // The token itself stays out of the log: it is as good as a password until it expires.
        LOG.log(Level.ERROR, rejected == null ? "{0}" : "Invalid auth token: {0}", reason.getMessage());
    }

    private EtcdTransport.Exchange exchange(URI endpoint, String path, JsonObject request, MonotonicTime end)
            throws EtcdRefused, EtcdUnreachable {
        String api = apiPrefix(endpoint, end);
        return new EtcdTransport.Exchange(
                URI.create(endpoint + api + "/" + path), Json.compact(request), tokenFor(endpoint, api, end));
    }

    private EtcdTransport.Answer send(EtcdTransport.Exchange exchange, MonotonicTime end) throws EtcdUnreachable {
        Duration left = end.since(time.now());
        if (left.toMillis() <= 0) {
            throw new EtcdUnreachable("no time left", false);
        }
        return transport.send(exchange, AttemptPlan.connectLimit(left), left);
    }

    /** Reads an answer and sorts the errors: definite ones are refusals, passing ones count as no answer. */
    private JsonObject answer(URI endpoint, EtcdTransport.Answer answer) throws EtcdRefused, EtcdUnreachable {
        JsonObject document = Json.parseObject(answer.body()).orElse(null);
        if (answer.status() == 401) {
            throw new EtcdRefused(EtcdRefused.UNAUTHENTICATED, "invalid auth token");
        }
        if (document == null) {
            if (answer.status() == 404) {
                prefix = null;
            }
            throw new EtcdUnreachable("HTTP status " + answer.status() + " without a JSON document", true);
        }
        EtcdRefused refusal = refusal(document);
        if (refusal != null) {
            if (refusal.isPassing()) {
                throw new EtcdUnreachable(String.valueOf(refusal.getMessage()), true, refusal);
            }
            throw refusal;
        }
        // Answers of streaming methods stand inside "result".
        JsonObject body = Json.object(document, "result").orElse(document);
        guard.check(endpoint, endpoints.all(), Wire.header(body), time.now());
        return body;
    }

    /** The error in a document, in the forms of all gateway versions; null when it is none. */
    static @Nullable EtcdRefused refusal(JsonObject document) {
        JsonElement error = document.get("error");
        if (error == null) {
            return null;
        }
        JsonObject details = error instanceof JsonObject o ? o : document;
        long code = Json.integer(details, "code")
                .or(() -> Json.integer(details, "grpc_code"))
                .orElse(0L);
        String message = Json.string(details, "message")
                .or(() -> Json.string(document, "error"))
                .orElse("error " + code);
        return new EtcdRefused((int) code, message);
    }

    private void moveOn(URI endpoint, EtcdUnreachable failure) {
        LOG.log(Level.ERROR, "Request to server {0} failed: {1}", endpoint, failure.getMessage());
        endpoints.failed(endpoint);
        URI next = endpoints.current();
        if (next != null && !next.equals(endpoint)) {
            LOG.log(Level.INFO, "Selected new etcd server {0}", next);
        }
    }

    /** Where the gateway answers depends on the version of etcd; found out once, and again after a 404. */
    private String apiPrefix(URI endpoint, MonotonicTime end) throws EtcdRefused, EtcdUnreachable {
        String known = prefix;
        if (known != null) {
            return known;
        }
        EtcdTransport.Answer answer =
                send(new EtcdTransport.Exchange(URI.create(endpoint + "/version"), null, null), end);
        String version = Json.parseObject(answer.body())
                .flatMap(document -> Json.string(document, "etcdcluster")
                        .filter(v -> !v.equals("not_decided"))
                        .or(() -> Json.string(document, "etcdserver")))
                .orElseThrow(() -> new EtcdUnreachable("no version in the answer to /version", false));
        String found = GatewayVersion.prefix(version);
        prefix = found;
        return found;
    }

    private @Nullable String tokenFor(URI endpoint, String api, MonotonicTime end) throws EtcdRefused, EtcdUnreachable {
        EtcdSettings.Login login = this.login;
        String present = token.get();
        if (login == null || authenticationOff || present != null || api.equals(GatewayVersion.OLDEST)) {
            return present;
        }
        LOG.log(Level.INFO, "Trying to authenticate on Etcd...");
        var request = new JsonObject();
        request.addProperty("name", login.user());
        request.addProperty("password", login.password());
        try {
            JsonObject answer = answer(
                    endpoint,
                    send(
                            new EtcdTransport.Exchange(
                                    URI.create(endpoint + api + "/auth/authenticate"), Json.compact(request), null),
                            end));
            String granted = Json.string(answer, "token").orElse(null);
            token.set(granted);
            return granted;
        } catch (EtcdRefused e) {
            if (e.isAuthenticationOff()) {
                authenticationOff = true;
                return null;
            }
            throw EtcdRefused.unusable("Etcd3 authentication failed: " + e.getMessage());
        }
    }

    /** Learns the servers of the cluster from one of them; the configured ones stay as a fallback. */
    private void discoverIfDue(MonotonicTime deadline) {
        if (time.now().isBefore(nextDiscovery) && endpoints.current() != null) {
            return;
        }
        boolean first = endpoints.current() == null;
        if (first) {
            endpoints.replace(configured(deadline));
        } else {
            endpoints.add(settings.endpoints());
        }
        nextDiscovery =
                time.now().plus(first ? FIRST_DISCOVERY_PERIOD : timing.ttl().multipliedBy(10));
        URI endpoint = endpoints.current();
        if (!settings.discover() || endpoint == null) {
            return;
        }
        Duration limit =
                AttemptPlan.of(timing.retryTimeout(), endpoints.all().size()).attempt();
        Duration left = deadline.since(time.now());
        // Discovery must leave time for the request itself.
        Duration share = shorter(limit, left.dividedBy(2));
        try {
            JsonObject answer = attempt(endpoint, "cluster/member/list", new JsonObject(), share, deadline);
            if (answer.get("members") instanceof JsonArray members) {
                var found = new ArrayList<>(SrvLookup.clientUrls(members));
                Collections.shuffle(found, random);
                if (!found.isEmpty()) {
                    endpoints.replace(found);
                }
            }
        } catch (EtcdUnreachable | EtcdRefused | IllegalArgumentException e) {
            // the request that comes next asks the only server there is, and says the same
            boolean onlyOne = e instanceof EtcdUnreachable && endpoints.all().size() == 1;
            LOG.log(
                    onlyOne ? Level.DEBUG : Level.ERROR,
                    "Failed to get list of machines from {0}{1}: {2}",
                    endpoint,
                    prefix == null ? "" : prefix,
                    e.getMessage());
            endpoints.failed(endpoint);
        }
    }

    /** For a message about all of them. */
    private String servers() {
        return endpoints.all().stream().map(URI::toString).collect(Collectors.joining(", ", "", ": "));
    }

    private List<URI> configured(MonotonicTime deadline) {
        EtcdSettings.Srv srv = settings.srv();
        if (srv != null) {
            try {
                List<URI> found = new SrvLookup(transport)
                        .find(srv, deadline.since(time.now()).dividedBy(6));
                if (!found.isEmpty()) {
                    return found;
                }
            } catch (EtcdUnreachable e) {
                LOG.log(Level.ERROR, "No answer about the SRV records of {0}: {1}", srv.domain(), e.getMessage());
            }
        }
        return settings.endpoints();
    }

    private void pause(Duration duration) throws EtcdUnreachable {
        try {
            time.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EtcdUnreachable("interrupted", true, e);
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static MonotonicTime earlier(MonotonicTime a, MonotonicTime b) {
        return a.isBefore(b) ? a : b;
    }
}
