package io.matriarch.agent.cycle;

import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import io.matriarch.model.SlotName;
import io.matriarch.postgres.Upstream;
import org.jspecify.annotations.Nullable;

/** Makes the address to stream from out of a member key (contract replication.md 4). */
final class Upstreams {

    private Upstreams() {}

    /**
     * Null when the member is not in the view or published no address.
     *
     * @param me whose slot there is used; {@code useSlots} false: none
     */
    static @Nullable Upstream of(ClusterView view, @Nullable String member, String me, boolean useSlots) {
        Member found = member == null ? null : view.member(member).orElse(null);
        ConnUrl address = found == null ? null : found.address();
        return found == null || address == null
                ? null
                : new Upstream(
                        found.name(),
                        address.host(),
                        address.port(),
                        address.database(),
                        useSlots ? SlotName.of(me) : null,
                        found.checkpointConfirmed(),
                        null);
    }
}
