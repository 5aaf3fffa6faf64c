package io.matriarch.store;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;

/**
 * What a store needs to know to be opened.
 *
 * @param path where the cluster lives
 * @param member our own name; empty for tools
 * @param section the store's section of the local configuration
 * @param timing the times in force
 * @param time clocks
 */
public record StoreContext(ClusterPath path, String member, JsonObject section, Timing timing, TimeSource time) {}
