package io.matriarch.ctl.patroni;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import org.jspecify.annotations.Nullable;

/**
 * The store that {@code -d} names: {@code [scheme://]host[:port][/namespace]} (contract ctl.md 1).
 *
 * @param scheme the section that it replaces
 * @param namespace null: as configured
 */
record DcsUrl(
        String scheme, String host, int port, @Nullable String namespace) {

    /** All sections that may name a store. */
    private static final String[] SECTIONS = {
        "consul", "embedded", "etcd", "etcd3", "exhibitor", "kubernetes", "raft", "zookeeper"
    };

    static DcsUrl parse(String text) throws CommandFailure {
        String rest = text;
        String scheme = null;
        int schemeEnd = rest.indexOf("://");
        if (schemeEnd >= 0) {
            scheme = rest.substring(0, schemeEnd);
            rest = rest.substring(schemeEnd + 3);
        }
        String namespace = null;
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            namespace = slash + 1 == rest.length() ? null : rest.substring(slash + 1);
            rest = rest.substring(0, slash);
        }
        int colon = rest.lastIndexOf(':');
        boolean hasPort = colon > rest.lastIndexOf(']');
        String host = hasPort ? rest.substring(0, colon) : rest;
        int port = 0;
        if (hasPort) {
            try {
                port = Integer.parseInt(rest.substring(colon + 1));
            } catch (NumberFormatException _) {
                throw new CommandFailure("Not a port number in the DCS URL: " + text);
            }
        }
        if (scheme == null) {
            scheme = schemeOf(port);
        }
        int usualPort = portOf(scheme); // also for the answer to a scheme that nobody knows
        return new DcsUrl(scheme, host.isEmpty() ? "localhost" : host, port == 0 ? usualPort : port, namespace);
    }

    private static String schemeOf(int port) {
        return switch (port) {
            case 2181 -> "zookeeper";
            case 8181 -> "exhibitor";
            case 8500 -> "consul";
            default -> "etcd";
        };
    }

    private static int portOf(String scheme) throws CommandFailure {
        return switch (scheme) {
            case "zookeeper" -> 2181;
            case "exhibitor" -> 8181;
            case "consul" -> 8500;
            case "etcd", "etcd3" -> 2379;
            default -> throw new CommandFailure("Unknown dcs scheme: " + scheme);
        };
    }

    /** The configuration with this store in place of any other. */
    JsonObject applyTo(JsonObject document) {
        JsonObject changed = document.deepCopy();
        for (String section : SECTIONS) {
            changed.remove(section);
        }
        var store = new JsonObject();
        if (scheme.equals("zookeeper")) {
            var hosts = new JsonArray();
            hosts.add(host + ":" + port);
            store.add("hosts", hosts);
        } else {
            store.addProperty("host", host + ":" + port);
        }
        changed.add(scheme, store);
        if (namespace != null) {
            changed.addProperty("namespace", namespace);
        }
        return changed;
    }
}
