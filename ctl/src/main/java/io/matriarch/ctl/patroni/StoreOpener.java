package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterPath;
import io.matriarch.store.ToolStore;

/** Gives access to the keys of one cluster. */
@FunctionalInterface
interface StoreOpener {

    /**
     * @param document the whole configuration
     * @throws CommandFailure when no store is configured, or not usably
     */
    ToolStore open(ClusterPath path, JsonObject document) throws CommandFailure;
}
