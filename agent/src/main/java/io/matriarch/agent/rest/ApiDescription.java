package io.matriarch.agent.rest;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.PublishedVersion;
import java.util.List;

/**
 * {@code GET /openapi.json}: the API for programs that read descriptions. The table below is the description; a test holds
 * it against the router.
 */
final class ApiDescription {

    private static final String JSON = "application/json";
    private static final String TEXT = "text/html";
    private static final String METRICS = "text/plain";
    private static final String NDJSON = "application/x-ndjson";

    /**
     * An endpoint.
     *
     * @param type content type of its answers; empty: a status line only
     * @param codes what it answers, besides what {@link Protection} and bad requests give
     */
    record Endpoint(String method, String path, String summary, Kind kind, String type, List<Integer> codes) {}

    /** How an endpoint is used. */
    enum Kind {
        /** Reads, without protection; health checks take query parameters. */
        READ,
        HEALTH,
        /** Changes something: protected. */
        CONTROL,
        CONTROL_WITH_BODY,
        CONTROL_WITH_OPTIONAL_BODY
    }

    private static final List<String> HEALTH_CHECKS = List.of(
            "/",
            "/primary",
            "/read-write",
            "/leader",
            "/standby-leader",
            "/replica",
            "/read-only",
            "/health",
            "/sync",
            "/synchronous",
            "/quorum",
            "/async",
            "/asynchronous",
            "/read-only-sync",
            "/read-only-synchronous",
            "/read-only-quorum");

    static final List<Endpoint> ENDPOINTS = List.of(
            new Endpoint("get", "/liveness", "Whether the HA cycle turns", Kind.READ, "", List.of(200, 503)),
            new Endpoint("get", "/readiness", "Whether clients may read here", Kind.HEALTH, "", List.of(200, 503)),
            read(
                    "/patroni",
                    "Everything that the node says about itself. Ours are lag, durability (what became of acknowledged"
                            + " commits in the last failover: promise, statement, at_risk) and post_crash_gate (why"
                            + " clients are kept out)",
                    JSON,
                    200),
            read("/cluster", "The members of the cluster, from the store", JSON, 200),
            read("/history", "The timelines that the cluster went through", JSON, 200),
            read("/config", "The dynamic configuration", JSON, 200, 502),
            read("/failsafe", "The members that count in failsafe mode", JSON, 200, 502),
            read("/metrics", "Numbers for Prometheus", METRICS, 200),
            read("/openapi.json", "This description", JSON, 200),
            read("/journal", "The newest decisions of the node, oldest first, one document a line", NDJSON, 200),
            read("/ui/", "The page for browsers", "text/html; charset=utf-8", 200, 304, 404),
            read("/events", "What the page shows, as a stream (docs/ui.md)", "text/event-stream", 200, 503),
            new Endpoint(
                    "patch",
                    "/config",
                    "Merges a document into the dynamic configuration",
                    Kind.CONTROL_WITH_BODY,
                    JSON,
                    List.of(200, 409, 503)),
            new Endpoint(
                    "put",
                    "/config",
                    "Replaces the dynamic configuration",
                    Kind.CONTROL_WITH_BODY,
                    JSON,
                    List.of(200, 502)),
            new Endpoint("post", "/reload", "Reads the local configuration again", Kind.CONTROL, TEXT, List.of(202)),
            new Endpoint("post", "/sigterm", "Does nothing here", Kind.CONTROL, TEXT, List.of(202)),
            new Endpoint(
                    "post",
                    "/restart",
                    "Restarts PostgreSQL, now or later",
                    Kind.CONTROL_WITH_OPTIONAL_BODY,
                    TEXT,
                    List.of(200, 202, 400, 409, 422, 500, 503)),
            new Endpoint("delete", "/restart", "Forgets a scheduled restart", Kind.CONTROL, TEXT, List.of(200, 404)),
            new Endpoint(
                    "post",
                    "/switchover",
                    "Hands the lead to another member",
                    Kind.CONTROL_WITH_BODY,
                    TEXT,
                    List.of(200, 202, 400, 412, 422, 503)),
            new Endpoint(
                    "post",
                    "/failover",
                    "Gives the lead to a member",
                    Kind.CONTROL_WITH_BODY,
                    TEXT,
                    List.of(200, 400, 412, 503)),
            new Endpoint(
                    "delete",
                    "/switchover",
                    "Forgets a scheduled switchover",
                    Kind.CONTROL,
                    TEXT,
                    List.of(200, 404, 409)),
            new Endpoint(
                    "post",
                    "/reinitialize",
                    "Copies this replica anew",
                    Kind.CONTROL_WITH_OPTIONAL_BODY,
                    TEXT,
                    List.of(200, 503)),
            new Endpoint(
                    "post", "/bootstrap", "Makes a cluster when there is none", Kind.CONTROL, TEXT, List.of(202, 409)),
            new Endpoint(
                    "post",
                    "/failsafe",
                    "Asked by a primary that cannot reach the store",
                    Kind.CONTROL_WITH_BODY,
                    TEXT,
                    List.of(200, 500, 502)),
            new Endpoint(
                    "post",
                    "/lease",
                    "Asked by a primary for a promise not to follow it, or by a candidate for a vote",
                    Kind.CONTROL_WITH_BODY,
                    JSON,
                    List.of(200)),
            new Endpoint("post", "/citus", "Events of Citus", Kind.CONTROL_WITH_BODY, TEXT, List.of(200)),
            new Endpoint("post", "/mpp", "Events of Citus, unprotected", Kind.CONTROL_WITH_BODY, TEXT, List.of(200)));

    private ApiDescription() {}

    private static Endpoint read(String path, String summary, String type, Integer... codes) {
        return new Endpoint("get", path, summary, Kind.READ, type, List.of(codes));
    }

    static JsonObject document() {
        var paths = new JsonObject();
        for (String path : HEALTH_CHECKS) {
            paths.add(path, healthCheck(path));
        }
        for (Endpoint endpoint : ENDPOINTS) {
            if (!paths.has(endpoint.path)) {
                paths.add(endpoint.path, new JsonObject());
            }
            paths.getAsJsonObject(endpoint.path).add(endpoint.method, operation(endpoint));
        }
        var info = new JsonObject();
        info.addProperty("title", "Matriarch");
        info.addProperty("description", "REST API of a node, as that of Patroni");
        info.addProperty("version", PublishedVersion.TEXT);
        var basic = new JsonObject();
        basic.addProperty("type", "http");
        basic.addProperty("scheme", "basic");
        var schemes = new JsonObject();
        schemes.add("basic", basic);
        var components = new JsonObject();
        components.add("securitySchemes", schemes);
        var document = new JsonObject();
        document.addProperty("openapi", "3.1.0");
        document.add("info", info);
        document.add("paths", paths);
        document.add("components", components);
        return document;
    }

    private static JsonObject healthCheck(String path) {
        var item = new JsonObject();
        for (String method : new String[] {"get", "head", "options"}) {
            String type = method.equals("get") ? JSON : "";
            item.add(
                    method,
                    operation(new Endpoint(
                            method,
                            path,
                            "200 when the check passes, else 503",
                            Kind.HEALTH,
                            type,
                            List.of(200, 503))));
        }
        return item;
    }

    private static JsonObject operation(Endpoint endpoint) {
        var operation = new JsonObject();
        operation.addProperty("summary", endpoint.summary);
        if (endpoint.kind == Kind.HEALTH) {
            operation.add("parameters", healthParameters(endpoint.path));
        }
        var responses = new JsonObject();
        for (int code : endpoint.codes) {
            responses.add(Integer.toString(code), response(endpoint.type));
        }
        boolean hasBody = endpoint.kind == Kind.CONTROL_WITH_BODY || endpoint.kind == Kind.CONTROL_WITH_OPTIONAL_BODY;
        if (hasBody) {
            operation.add("requestBody", body(endpoint.kind == Kind.CONTROL_WITH_BODY));
            addIfAbsent(responses, "400", "413");
            if (endpoint.kind == Kind.CONTROL_WITH_BODY) {
                addIfAbsent(responses, "411");
            }
        }
        boolean isProtected = hasBody || endpoint.kind == Kind.CONTROL;
        if (isProtected && !endpoint.path.equals("/mpp")) {
            addIfAbsent(responses, "401", "403");
            var requirement = new JsonObject();
            requirement.add("basic", new JsonArray());
            var security = new JsonArray();
            security.add(requirement);
            operation.add("security", security);
        }
        operation.add("responses", responses);
        return operation;
    }

    private static void addIfAbsent(JsonObject responses, String... codes) {
        for (String code : codes) {
            if (!responses.has(code)) {
                responses.add(code, response(TEXT));
            }
        }
    }

    private static JsonObject response(String type) {
        var response = new JsonObject();
        response.addProperty("description", type.isEmpty() ? "status line only" : type);
        if (!type.isEmpty()) {
            var content = new JsonObject();
            content.add(type, new JsonObject());
            response.add("content", content);
        }
        return response;
    }

    private static JsonObject body(boolean required) {
        var schema = new JsonObject();
        schema.addProperty("type", "object");
        var media = new JsonObject();
        media.add("schema", schema);
        var content = new JsonObject();
        content.add(JSON, media);
        var body = new JsonObject();
        body.addProperty("required", required);
        body.add("content", content);
        return body;
    }

    private static JsonArray healthParameters(String path) {
        var parameters = new JsonArray();
        parameters.add(parameter("lag", "the most bytes behind the leader, with or without unit, for instance 10MB"));
        if (path.equals("/readiness")) {
            parameters.add(parameter("mode", "apply (the default) or write: which position counts"));
        } else {
            parameters.add(parameter("replication_state", "the state that replication must be in"));
        }
        return parameters;
    }

    private static JsonObject parameter(String name, String description) {
        var schema = new JsonObject();
        schema.addProperty("type", "string");
        var parameter = new JsonObject();
        parameter.addProperty("name", name);
        parameter.addProperty("in", "query");
        parameter.addProperty("description", description);
        parameter.add("schema", schema);
        return parameter;
    }
}
