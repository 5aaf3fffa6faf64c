package io.matriarch.store;

import io.matriarch.model.Key;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which changes of keys wake an agent, the same for every store (contract dcs-etcd3.md 2.4). */
public final class StoreEvents {

    private StoreEvents() {}

    /**
     * The event that the change of one key gives.
     *
     * @param path relative to the base path
     * @param before null when the key did not exist
     * @param after null when the key was removed
     * @param otherLeads whether the leader key names another member
     */
    public static Optional<StoreEvent> of(
            String path, @Nullable String before, @Nullable String after, boolean otherLeads) {
        if (Objects.equals(before, after)) {
            return Optional.empty();
        }
        if (path.equals(ClusterAssembler.LEADER)) {
            return Optional.of(StoreEvent.LEADER_CHANGED);
        }
        if (path.equals(Key.CONFIG.path()) && before != null && after != null) {
            return Optional.of(StoreEvent.CONFIG_CHANGED);
        }
        if (otherLeads && (path.equals(Key.STATUS.path()) || path.equals(ClusterAssembler.LEGACY_OPTIME))) {
            return Optional.of(StoreEvent.STATUS_CHANGED);
        }
        if (path.startsWith(ClusterAssembler.MEMBERS) && before == null) {
            return Optional.of(StoreEvent.MEMBER_ADDED);
        }
        return Optional.empty();
    }
}
