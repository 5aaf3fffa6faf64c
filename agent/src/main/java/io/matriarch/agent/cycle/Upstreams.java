package io.matriarch.agent.cycle;

import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Member;
import io.matriarch.model.RemoteMember;
import io.matriarch.model.SlotName;
import io.matriarch.postgres.Upstream;
import org.jspecify.annotations.Nullable;

/** Makes the address to stream from out of a member key, or of the remote member (contract replication.md 4). */
final class Upstreams {

    private Upstreams() {}

    /**
     * Null when the member is not in the view or published no address.
     *
     * @param member a member's name, or that of the remote member of a standby cluster
     * @param me whose slot there is used
     */
    static @Nullable Upstream of(ClusterView view, @Nullable String member, String me, DynamicConfig config) {
        RemoteMember remote = config.remoteMember().orElse(null);
        if (remote != null && remote.name().equals(member)) {
            return remote(remote);
        }
        Member found = member == null ? null : view.member(member).orElse(null);
        ConnUrl address = found == null ? null : found.address();
        return found == null || address == null
                ? null
                : new Upstream(
                        found.name(),
                        address.host(),
                        address.port(),
                        address.database(),
                        config.useSlots() ? SlotName.of(me) : null,
                        found.checkpointConfirmed(),
                        null);
    }

    private static Upstream remote(RemoteMember remote) {
        return new Upstream(remote.name(), remote.host(), remote.port(), null, remote.slot(), true, remote.section());
    }

    /** The same as a source of a copy: a standby cluster's methods count for its members too (contract ha-loop.md 14.1). */
    static @Nullable Upstream asCloneSource(@Nullable Upstream upstream, DynamicConfig config) {
        return upstream == null
                ? null
                : new Upstream(
                        upstream.name(),
                        upstream.host(),
                        upstream.port(),
                        upstream.database(),
                        upstream.slotName(),
                        upstream.checkpointConfirmed(),
                        config.standbyCluster().orElse(null));
    }
}
