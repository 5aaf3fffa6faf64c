package io.matriarch.agent.rest;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Coercion;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.Unit;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Which health check a path asks for, and whether the node passes it (contract rest-api.md 2).
 *
 * <p>The names are tested by containment, as load balancers have come to rely on ({@code /patroni-primary} is a primary
 * check); only the synchronous checks want the exact path.
 */
enum HealthCheck {
    STANDBY_LEADER,
    LEADER,
    PRIMARY,
    REPLICA,
    READ_ONLY,
    HEALTH,
    SYNC,
    QUORUM,
    ASYNC,
    READ_ONLY_SYNC,
    READ_ONLY_QUORUM,
    /** Never passes. */
    NONE;

    /** @param path without query */
    static HealthCheck of(String path) {
        if (path.contains("standby_leader") || path.contains("standby-leader")) {
            return STANDBY_LEADER;
        }
        if (path.contains("leader")) {
            return LEADER;
        }
        if (path.equals("/") || path.contains("master") || path.contains("primary") || path.contains("read-write")) {
            return PRIMARY;
        }
        if (path.contains("replica")) {
            return REPLICA;
        }
        if (path.contains("read-only") && !path.contains("sync") && !path.contains("quorum")) {
            return READ_ONLY;
        }
        if (path.contains("health")) {
            return HEALTH;
        }
        return switch (path) {
            case "/sync", "/synchronous" -> SYNC;
            case "/quorum" -> QUORUM;
            case "/async", "/asynchronous" -> ASYNC;
            case "/read-only-sync", "/read-only-synchronous" -> READ_ONLY_SYNC;
            case "/read-only-quorum" -> READ_ONLY_QUORUM;
            default -> NONE;
        };
    }

    boolean passes(Picture picture, Query query) {
        boolean leads = isPrimary(picture) || isStandbyLeader(picture);
        return switch (this) {
            case LEADER -> isLeader(picture);
            case PRIMARY -> isPrimary(picture);
            case STANDBY_LEADER -> isStandbyLeader(picture);
            case REPLICA -> isReplica(picture, query) && tagsMatch(picture, query);
            case READ_ONLY -> (leads || isReplica(picture, query)) && tagsMatch(picture, query);
            case HEALTH -> picture.isRunning() && tagsMatch(picture, query);
            case SYNC -> synchronous("sync_standby", false, picture, query);
            case QUORUM -> synchronous("quorum_standby", false, picture, query);
            case READ_ONLY_SYNC -> synchronous("sync_standby", leads, picture, query);
            case READ_ONLY_QUORUM -> synchronous("quorum_standby", leads, picture, query);
            case ASYNC ->
                picture.view().isPresent()
                        && picture.syncDuty().isEmpty()
                        && isReplica(picture, query)
                        && tagsMatch(picture, query);
            case NONE -> false;
        };
    }

    private static boolean synchronous(String duty, boolean leads, Picture picture, Query query) {
        boolean standby = picture.syncDuty().equals(Optional.of(duty)) && isReplica(picture, query);
        return picture.view().isPresent() && (leads || standby) && tagsMatch(picture, query);
    }

    /** While the store is away in pause nobody can hold a lease: the role answers instead of the flag. */
    private static boolean byRole(Picture picture) {
        return picture.config().isPaused() && picture.view().isEmpty();
    }

    private static boolean isLeader(Picture picture) {
        return byRole(picture)
                ? picture.role() == Role.PRIMARY || picture.role() == Role.STANDBY_LEADER
                : picture.leader();
    }

    /** Deliberately does not look at PostgreSQL: who holds the lease is primary also while it restarts. */
    private static boolean isPrimary(Picture picture) {
        return byRole(picture)
                ? picture.role() == Role.PRIMARY
                : picture.leader() && !picture.config().isStandbyCluster();
    }

    private static boolean isStandbyLeader(Picture picture) {
        Role role = picture.role();
        return byRole(picture)
                ? role == Role.STANDBY_LEADER
                : picture.leader()
                        && picture.config().isStandbyCluster()
                        && (role == Role.REPLICA || role == Role.STANDBY_LEADER);
    }

    private static boolean isReplica(Picture picture, Query query) {
        return !picture.node().tags().noloadbalance()
                && picture.role() == Role.REPLICA
                && picture.isRunning()
                && !(picture.leader() && picture.config().isStandbyCluster())
                && !isLagging(picture, query)
                && query.get("replication_state")
                        .map(wanted -> picture.replicationState().equals(Optional.of(wanted)))
                        .orElse(true);
    }

    private static boolean isLagging(Picture picture, Query query) {
        Optional<Long> limit = limit(query);
        Optional<Long> lag = picture.lagBytes();
        return limit.isPresent() && lag.isPresent() && lag.get() > limit.get();
    }

    private static Optional<Long> limit(Query query) {
        return query.get("lag").flatMap(text -> Coercion.integer(text, Unit.BYTES));
    }

    private static boolean tagsMatch(Picture picture, Query query) {
        for (var parameter : query.entries()) {
            if (parameter.getKey().startsWith("tag_")) {
                JsonElement tag =
                        picture.node().tags().values().get(parameter.getKey().substring("tag_".length()));
                if (!(tag instanceof JsonPrimitive p) || !text(p).equals(parameter.getValue())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static String text(JsonPrimitive tag) {
        return tag.isString() ? tag.getAsString() : tag.getAsString().toLowerCase(Locale.ROOT);
    }

    /**
     * {@code GET /liveness}: whether the cycle still turns (contract rest-api.md 2.1), and whether the API answers others
     * than the one who asks this.
     *
     * @param apiSilence how long the API did not answer its own requests
     */
    static boolean isAlive(Picture picture, Duration apiSilence) {
        var node = picture.node();
        Duration ttl = node.timing().ttl();
        boolean strict = node.role() == Role.PRIMARY && node.state() == PostgresState.RUNNING;
        boolean turns = picture.now().isBefore(node.nextCycle().plus(strict ? ttl : ttl.multipliedBy(2)));
        return picture.config().isPaused() || (turns && apiSilence.compareTo(ttl) < 0);
    }

    /** {@code GET /readiness} (contract rest-api.md 2.2). */
    static boolean isReady(Picture picture, Query query) {
        if (picture.leader()) {
            return true;
        }
        Snapshot server = picture.server().orElse(null);
        if (server == null
                || !picture.isRunning()
                || !picture.replicationState().equals(Optional.of("streaming"))) {
            return false;
        }
        if (picture.view().isEmpty() && !server.latestEnd().isKnown()) {
            return picture.node().failsafeActive();
        }
        Lsn optime = picture.view().map(v -> v.status().optime()).orElse(Lsn.NONE);
        Lsn mine = query.get("mode").filter("write"::equals).isPresent() ? Picture.received(server) : server.replayed();
        return Lsn.max(optime, server.latestEnd()).bytesAfter(mine)
                <= limit(query).orElse(picture.config().maximumLagOnFailover());
    }
}
