package io.matriarch.postgres;

import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Whom a replica streams from.
 *
 * @param name the member's name, for messages
 * @param host may be a comma separated list for a remote member
 * @param port null: libpq's default
 * @param database null: our own maintenance database
 * @param slotName name of the slot to use there; null: none
 * @param checkpointConfirmed false while the leader's first checkpoint on its timeline is still to come
 * @param standbyCluster settings of the {@code standby_cluster} section when this is a remote member, else null
 */
public record Upstream(
        String name,
        String host,
        @Nullable Integer port,
        @Nullable String database,
        @Nullable String slotName,
        boolean checkpointConfirmed,
        @Nullable JsonObject standbyCluster) {}
