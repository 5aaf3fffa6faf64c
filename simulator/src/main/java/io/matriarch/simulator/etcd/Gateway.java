package io.matriarch.simulator.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.simulator.etcd.Command.Compare;
import io.matriarch.simulator.etcd.Command.Operation;
import io.matriarch.simulator.etcd.Command.Range;
import io.matriarch.simulator.etcd.EtcdState.Cell;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** etcd's JSON gateway: keys and values in base64, 64-bit numbers as text. */
final class Gateway {

    private Gateway() {}

    // ---- requests

    static Command.Transaction put(JsonObject request) {
        return new Command.Transaction(List.of(), List.of(putOperation(request)), List.of());
    }

    static Command.Transaction delete(JsonObject request) {
        return new Command.Transaction(List.of(), List.of(new Operation.Delete(range(request))), List.of());
    }

    static Command.Transaction transaction(JsonObject request) {
        var comparisons = new ArrayList<Compare>();
        for (JsonObject compare : objects(request, "compare")) {
            var target = Command.Target.valueOf(text(compare, "target"));
            comparisons.add(new Compare(
                    decoded(compare, "key"),
                    target,
                    switch (target) {
                        case CREATE -> text(compare, "create_revision");
                        case MOD -> text(compare, "mod_revision");
                        case VALUE -> decoded(compare, "value");
                        case LEASE -> text(compare, "lease");
                    }));
        }
        return new Command.Transaction(comparisons, operations(request, "success"), operations(request, "failure"));
    }

    static Range range(JsonObject request) {
        return new Range(decoded(request, "key"), request.has("range_end") ? decoded(request, "range_end") : null);
    }

    private static List<Operation> operations(JsonObject request, String branch) {
        var operations = new ArrayList<Operation>();
        for (JsonObject operation : objects(request, branch)) {
            Map.Entry<String, JsonElement> only =
                    operation.entrySet().iterator().next();
            JsonObject body = only.getValue().getAsJsonObject();
            operations.add(
                    switch (only.getKey()) {
                        case "request_put" -> putOperation(body);
                        case "request_range" -> new Operation.Read(range(body));
                        case "request_delete_range" -> new Operation.Delete(range(body));
                        case "request_txn" -> new Operation.Nested(transaction(body));
                        default -> throw new IllegalArgumentException("unknown operation " + only.getKey());
                    });
        }
        return operations;
    }

    private static Operation.Put putOperation(JsonObject body) {
        return new Operation.Put(decoded(body, "key"), decoded(body, "value"), number(body, "lease"));
    }

    static long number(JsonObject object, String field) {
        return Json.string(object, field).map(Long::parseLong).orElse(0L);
    }

    private static List<JsonObject> objects(JsonObject object, String field) {
        return object.get(field) instanceof JsonArray all
                ? all.asList().stream().map(JsonElement::getAsJsonObject).toList()
                : List.of();
    }

    private static String text(JsonObject object, String field) {
        return Json.string(object, field)
                .orElseThrow(() -> new IllegalArgumentException("no " + field + " in " + object));
    }

    private static String decoded(JsonObject object, String field) {
        return new String(Base64.getDecoder().decode(text(object, field)), StandardCharsets.UTF_8);
    }

    // ---- answers

    static JsonObject answer(JsonObject header, Result result) {
        JsonObject body = body(result);
        if (!(result instanceof Result.Failed)) {
            body.add("header", header);
        }
        return body;
    }

    private static JsonObject body(Result result) {
        var body = new JsonObject();
        switch (result) {
            case Result.Put _, Result.Revoked _ -> {}
            case Result.Deleted(int count) -> body.addProperty("deleted", Integer.toString(count));
            case Result.Found(var cells) -> {
                var kvs = new JsonArray();
                cells.forEach(entry -> kvs.add(keyValue(entry.getKey(), entry.getValue())));
                body.add("kvs", kvs);
                body.addProperty("count", Integer.toString(cells.size()));
            }
            case Result.Branch(boolean succeeded, var results) -> {
                body.addProperty("succeeded", succeeded);
                var responses = new JsonArray();
                for (Result each : results) {
                    var response = new JsonObject();
                    response.add(responseName(each), body(each));
                    responses.add(response);
                }
                body.add("responses", responses);
            }
            case Result.Granted(long lease, long ttl) -> {
                body.addProperty("ID", Long.toString(lease));
                body.addProperty("TTL", Long.toString(ttl));
            }
            case Result.Failed(int code, String message) -> {
                body.addProperty("error", message);
                body.addProperty("code", code);
                body.addProperty("message", message);
            }
        }
        return body;
    }

    private static String responseName(Result result) {
        return switch (result) {
            case Result.Put _ -> "response_put";
            case Result.Deleted _ -> "response_delete_range";
            case Result.Found _ -> "response_range";
            case Result.Branch _ -> "response_txn";
            case Result.Granted _, Result.Revoked _, Result.Failed _ ->
                throw new IllegalArgumentException("not the result of an operation: " + result);
        };
    }

    static JsonObject keyValue(String key, Cell cell) {
        JsonObject kv = key(key);
        kv.addProperty("create_revision", Long.toString(cell.created()));
        kv.addProperty("mod_revision", Long.toString(cell.modified()));
        kv.addProperty("version", Long.toString(cell.version()));
        kv.addProperty("value", encoded(cell.value()));
        if (cell.lease() != EtcdState.NO_LEASE) {
            kv.addProperty("lease", Long.toString(cell.lease()));
        }
        return kv;
    }

    /** An event of a watch. */
    static JsonObject event(EtcdState.Change change, long revision) {
        var event = new JsonObject();
        Cell after = change.after();
        if (after == null) {
            event.addProperty("type", "DELETE");
            JsonObject kv = key(change.key());
            kv.addProperty("mod_revision", Long.toString(revision));
            event.add("kv", kv);
        } else {
            event.add("kv", keyValue(change.key(), after));
        }
        return event;
    }

    private static JsonObject key(String key) {
        var kv = new JsonObject();
        kv.addProperty("key", encoded(key));
        return kv;
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
