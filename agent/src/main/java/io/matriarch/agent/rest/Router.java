package io.matriarch.agent.rest;

import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.peers.Peers;
import io.matriarch.agent.rest.OwnFacts.ConnectionFacts;
import io.matriarch.agent.rest.Request.Content;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.store.StoreUnavailableException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * From method and first path segment to the endpoint (contract rest-api.md 1). Reading requests are answered here, from
 * what the node published; those that change something go through {@link Protection} to {@link Controls}.
 */
final class Router {

    private static final Logger LOG = System.getLogger("patroni.api");
    /** Restarts and switchovers wait for minutes; so many may do so at once without anybody being turned away. */
    private static final int PARALLEL_CONTROLS = 32;

    private final NodeControl node;
    private final LiveSample sample;
    private final StatusText statusText = new StatusText();
    private final Information information;
    private final Controls controls;
    private final PageEndpoints page;
    private final Supplier<ConnectionFacts> connections;
    private final TimeSource time;
    private final Semaphore controlSlots = new Semaphore(PARALLEL_CONTROLS);

    Router(
            NodeControl node,
            LiveSample sample,
            Information information,
            Controls controls,
            PageEndpoints page,
            Supplier<ConnectionFacts> connections,
            TimeSource time) {
        this.node = node;
        this.sample = sample;
        this.information = information;
        this.controls = controls;
        this.page = page;
        this.connections = connections;
        this.time = time;
    }

    /**
     * The whole API of a node.
     *
     * @param peers whom to ask before a switchover
     * @param query asks PostgreSQL on a connection of its own; may block
     * @param page what browsers see; empty: nothing
     * @param connections for the metrics
     */
    static Router of(
            NodeControl node,
            Peers peers,
            Supplier<Optional<Snapshot>> query,
            Optional<LivePage> page,
            Supplier<ConnectionFacts> connections,
            TimeSource time,
            Threads threads) {
        return new Router(
                node,
                new LiveSample(query, time, threads),
                new Information(node, time),
                new Controls(node, peers, time),
                new PageEndpoints(page),
                connections,
                time);
    }

    /** The control endpoints. */
    private enum Control {
        PATCH_CONFIG,
        PUT_CONFIG,
        RELOAD,
        SIGTERM,
        RESTART,
        DELETE_RESTART,
        SWITCHOVER,
        FAILOVER,
        DELETE_SWITCHOVER,
        REINITIALIZE,
        BOOTSTRAP,
        FAILSAFE,
        LEASE,
        CITUS
    }

    Reply answer(Request request, Protection protection) throws IOException {
        if (request.isStatusOnly()) {
            return new Reply.StatusOnly(health(request).code);
        }
        if (request.method().equals("GET")) {
            return get(request);
        }
        Optional<Control> control = control(request);
        if (control.isEmpty()) {
            return new Reply.ErrorPage(501);
        }
        if (request.segment().equals("mpp")) {
            return control(control.get(), request); // the same as citus, without protection (contract rest-api.md 5)
        }
        Optional<Reply> refusal = protection.refusal(request, node.status().freshView(time.now()));
        return refusal.isPresent() ? refusal.get() : control(control.get(), request);
    }

    // ---- reading

    private Reply get(Request request) {
        try {
            return switch (request.segment()) {
                case "liveness" -> new Reply.StatusOnly(isAlive() ? 200 : 503);
                case "readiness" ->
                    new Reply.StatusOnly(HealthCheck.isReady(picture(fresh()), request.query()) ? 200 : 503);
                case "patroni" -> status(200, picture(fresh()));
                case "metrics" -> new Reply.Body(200, "text/plain", metrics(), Map.of());
                case "cluster" -> information.cluster();
                case "history" -> information.history();
                case "config" -> information.config();
                case "failsafe" -> information.failsafe();
                case "ui" -> page.file(request);
                case "events" -> page.events(request);
                case "journal" -> new Reply.Body(200, "application/x-ndjson", node.journal(), Map.of());
                case "openapi.json" -> Reply.json(200, ApiDescription.document());
                default -> {
                    Health health = health(request);
                    yield status(health.code, health.picture);
                }
            };
        } catch (StoreUnavailableException e) {
            return new Reply.Hangup(e);
        }
    }

    private Reply status(int code, Picture picture) {
        return Reply.json(code, statusText.of(picture, node.meters().log()));
    }

    private boolean isAlive() {
        Picture picture = picture(Optional.empty());
        return HealthCheck.isAlive(picture, node.apiHealth().silentFor(picture.now()));
    }

    private String metrics() {
        Picture picture = picture(fresh());
        return MetricsText.of(
                picture,
                new OwnFacts(
                        node.leaderFlag().deadline(),
                        node.fence(),
                        node.apiHealth().silentFor(picture.now()),
                        connections.get(),
                        node.meters(),
                        ProcessFacts.now()));
    }

    private record Health(int code, Picture picture) {}

    private Health health(Request request) {
        Picture picture = picture(recent());
        boolean passed = HealthCheck.of(request.path()).passes(picture, request.query());
        return new Health(passed ? 200 : 503, picture);
    }

    private Picture picture(Optional<Snapshot> server) {
        return Picture.of(node.status(), node.leaderFlag().isLeader(), server, time.now());
    }

    private Optional<Snapshot> recent() {
        return Picture.mayAnswer(node.status().state())
                ? sample.recent(() -> node.status().snapshot())
                : Optional.empty();
    }

    private Optional<Snapshot> fresh() {
        return Picture.mayAnswer(node.status().state()) ? sample.fresh() : Optional.empty();
    }

    // ---- changing

    private static Optional<Control> control(Request request) {
        Control control = switch (request.method() + " " + request.segment()) {
            case "PATCH config" -> Control.PATCH_CONFIG;
            case "PUT config" -> Control.PUT_CONFIG;
            case "POST reload" -> Control.RELOAD;
            case "POST sigterm" -> Control.SIGTERM;
            case "POST restart" -> Control.RESTART;
            case "DELETE restart" -> Control.DELETE_RESTART;
            case "POST switchover" -> Control.SWITCHOVER;
            case "POST failover" -> Control.FAILOVER;
            case "DELETE switchover" -> Control.DELETE_SWITCHOVER;
            case "POST reinitialize" -> Control.REINITIALIZE;
            case "POST bootstrap" -> Control.BOOTSTRAP;
            case "POST failsafe" -> Control.FAILSAFE;
            case "POST lease" -> Control.LEASE;
            case "POST citus", "POST mpp" -> Control.CITUS;
            default -> null;
        };
        return Optional.ofNullable(control);
    }

    private Reply control(Control control, Request request) throws IOException {
        Content content = switch (control) {
            case RELOAD, SIGTERM, DELETE_RESTART, DELETE_SWITCHOVER, BOOTSTRAP -> new Content.Valid(new JsonObject());
            case RESTART, REINITIALIZE -> request.optionalBody();
            case PATCH_CONFIG, PUT_CONFIG, SWITCHOVER, FAILOVER, LEASE, CITUS -> request.requiredBody();
            // Where the mode is off there is one answer, whatever came.
            case FAILSAFE ->
                node.status().dynamic().failsafeMode() ? request.requiredBody() : new Content.Valid(new JsonObject());
        };
        request.received().run();
        return switch (content) {
            case Content.Invalid(int code, String reason) -> {
                LOG.log(Level.WARNING, "Bad request: {0}", reason);
                yield new Reply.ErrorPage(code);
            }
            case Content.Valid(JsonObject body) -> inItsTurn(control, body);
        };
    }

    /** Those whose body never comes must not keep others from restarting a server: the slot is taken after it. */
    private Reply inItsTurn(Control control, JsonObject body) {
        if (!controlSlots.tryAcquire()) {
            LOG.log(Level.WARNING, "Too many control requests are running, refused one");
            return new Reply.ErrorPage(503);
        }
        try {
            return perform(control, body);
        } catch (StoreUnavailableException e) {
            return new Reply.Hangup(e);
        } finally {
            controlSlots.release();
        }
    }

    private Reply perform(Control control, JsonObject body) throws StoreUnavailableException {
        return switch (control) {
            case PATCH_CONFIG -> controls.patchConfig(body);
            case PUT_CONFIG -> controls.putConfig(body);
            case RELOAD -> {
                node.requestReload();
                yield Reply.text(202, "reload scheduled");
            }
            // Ends nothing: processes are stopped by signals here (contract rest-api.md 5).
            case SIGTERM -> Reply.text(202, "shutdown scheduled");
            case RESTART -> controls.restart(body);
            case DELETE_RESTART ->
                node.deleteScheduledRestart()
                        ? Reply.text(200, "scheduled restart deleted")
                        : Reply.text(404, "no restarts are scheduled");
            case SWITCHOVER -> controls.switchover(SwitchoverRequest.parse(false, body));
            case FAILOVER -> controls.switchover(SwitchoverRequest.parse(true, body));
            case DELETE_SWITCHOVER -> controls.deleteSwitchover();
            case REINITIALIZE -> controls.reinitialize(body);
            case FAILSAFE -> controls.failsafe(body);
            case LEASE -> controls.lease(body);
            case BOOTSTRAP -> controls.bootstrap();
            // What a node that is no coordinator of Citus answers.
            case CITUS -> Reply.text(200, "OK");
        };
    }
}
