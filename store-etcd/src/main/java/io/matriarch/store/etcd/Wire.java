package io.matriarch.store.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The messages of etcd's JSON gateway: keys and values in base64, 64-bit numbers as text. */
final class Wire {

    /** A key as etcd returned it. */
    record KeyValue(String key, String value, long modRevision, long lease) {}

    private Wire() {}

    /** The end of the range of all keys that begin with {@code prefix}: its last byte plus one. */
    static JsonObject prefix(String prefix) {
        byte[] end = prefix.getBytes(StandardCharsets.UTF_8);
        end[end.length - 1]++;
        var range = new JsonObject();
        range.addProperty("key", encode(prefix));
        range.addProperty("range_end", Base64.getEncoder().encodeToString(end));
        return range;
    }

    static JsonObject key(String key) {
        var range = new JsonObject();
        range.addProperty("key", encode(key));
        return range;
    }

    static JsonObject put(String key, String value, long lease) {
        JsonObject put = key(key);
        put.addProperty("value", encode(value));
        if (lease != Lease.NONE) {
            put.addProperty("lease", Long.toString(lease));
        }
        return put;
    }

    static JsonObject ifAbsent(String key) {
        return compare(key, "CREATE", "create_revision", "0");
    }

    static JsonObject ifVersion(String key, long modRevision) {
        return compare(key, "MOD", "mod_revision", Long.toString(modRevision));
    }

    static JsonObject ifValue(String key, String value) {
        return compare(key, "VALUE", "value", encode(value));
    }

    static JsonObject ifLease(String key, long lease) {
        return compare(key, "LEASE", "lease", Long.toString(lease));
    }

    /** An operation of a transaction: {@code put}, {@code range}, {@code delete_range} or {@code txn}. */
    static JsonObject operation(String kind, JsonObject request) {
        var operation = new JsonObject();
        operation.add("request_" + kind, request);
        return operation;
    }

    static JsonObject transaction(JsonObject compare, JsonObject success, JsonObject failure) {
        return transaction(List.of(compare), List.of(success), failure);
    }

    static JsonObject transaction(List<JsonObject> compare, List<JsonObject> success, JsonObject failure) {
        var txn = new JsonObject();
        txn.add("compare", listOf(compare));
        txn.add("success", listOf(success));
        txn.add("failure", listOf(List.of(failure)));
        return txn;
    }

    static boolean succeeded(JsonObject answer) {
        return Json.bool(answer, "succeeded").orElse(false);
    }

    /** The answer to the first operation of a transaction; empty when there is none. */
    static JsonObject firstResponse(JsonObject answer, String kind) {
        if (answer.get("responses") instanceof JsonArray responses
                && !responses.isEmpty()
                && responses.get(0) instanceof JsonObject first) {
            return Json.object(first, "response_" + kind).orElseGet(JsonObject::new);
        }
        return new JsonObject();
    }

    static JsonObject header(JsonObject answer) {
        return Json.object(answer, "header").orElseGet(JsonObject::new);
    }

    /** The store's revision when it answered; 0 when it did not say. */
    static long revision(JsonObject answer) {
        return number(header(answer), "revision");
    }

    static List<KeyValue> keyValues(JsonObject answer) {
        var found = new ArrayList<KeyValue>();
        if (answer.get("kvs") instanceof JsonArray kvs) {
            for (JsonElement kv : kvs) {
                found.add(keyValue(kv.getAsJsonObject()));
            }
        }
        return found;
    }

    static KeyValue keyValue(JsonObject kv) {
        return new KeyValue(
                decode(Json.string(kv, "key").orElse("")),
                decode(Json.string(kv, "value").orElse("")),
                number(kv, "mod_revision"),
                number(kv, "lease"));
    }

    static long number(JsonObject object, String field) {
        return Json.string(object, field).map(Wire::parse).orElse(0L);
    }

    /** Identifiers of clusters are unsigned; they only have to be equal or not. */
    private static long parse(String digits) {
        try {
            return digits.startsWith("-") ? Long.parseLong(digits) : Long.parseUnsignedLong(digits);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static JsonObject compare(String key, String target, String field, String expected) {
        JsonObject compare = key(key);
        compare.addProperty("target", target);
        compare.addProperty("result", "EQUAL");
        compare.addProperty(field, expected);
        return compare;
    }

    private static JsonArray listOf(List<JsonObject> elements) {
        var list = new JsonArray();
        elements.forEach(list::add);
        return list;
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }
}
