package io.matriarch.agent.rest;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.agent.node.NodeControl;
import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import io.matriarch.store.StoreUnavailableException;
import java.util.Map;
import java.util.Optional;

/** The documents about the cluster (contract rest-api.md 4). */
final class Information {

    private final NodeControl node;
    private final TimeSource time;

    Information(NodeControl node, TimeSource time) {
        this.node = node;
        this.time = time;
    }

    Reply cluster() throws StoreUnavailableException {
        return Reply.json(
                200,
                ClusterSummary.of(node.status().scope(), node.store().load()).toJson());
    }

    Reply history() throws StoreUnavailableException {
        ClusterView view = view();
        return Reply.json(
                200,
                view.history().known() ? Json.parse(view.history().toJson()).orElseThrow() : new JsonArray());
    }

    Reply config() throws StoreUnavailableException {
        ClusterView view = view();
        return view.config() == null || !view.config().valid()
                ? new Reply.ErrorPage(502)
                : Reply.json(200, view.dynamicConfig().document());
    }

    /** What was read last, also while the store is away: that is when it matters. */
    Reply failsafe() {
        Map<String, String> members = node.status().view().failsafe();
        if (members == null) {
            return new Reply.ErrorPage(502);
        }
        var document = new JsonObject();
        members.forEach(document::addProperty);
        return Reply.json(200, document);
    }

    private ClusterView view() throws StoreUnavailableException {
        Optional<ClusterView> fresh = node.status().freshView(time.now());
        return fresh.isPresent() ? fresh.get() : node.store().load();
    }
}
