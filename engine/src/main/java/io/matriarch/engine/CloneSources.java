package io.matriarch.engine;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whom a new replica is copied from (contract ha-loop.md 6.2). */
public final class CloneSources {

    private CloneSources() {}

    /**
     * A running member tagged {@code clonefrom}, else the leader; null when neither has an address. Whom the sync key names may be
     * elected with what it will have copied, and another standby may lack commits that the key promises: only the leader has
     * them for certain.
     *
     * @param pick number that picks between several members that offer themselves; any value is right
     */
    public static @Nullable Member choose(ClusterView view, String me, int pick) {
        List<Member> offered = view.members().values().stream()
                .filter(m -> m.tags().clonefrom() && m.isRunning() && m.address() != null)
                .filter(m -> !m.name().equals(me) && !view.isLeader(m.name()))
                .filter(_ -> !view.sync().isMember(me))
                .toList();
        if (!offered.isEmpty()) {
            return offered.get(Math.floorMod(pick, offered.size()));
        }
        return view.leaderMember()
                .filter(m -> m.address() != null && !m.name().equals(me))
                .orElse(null);
    }
}
