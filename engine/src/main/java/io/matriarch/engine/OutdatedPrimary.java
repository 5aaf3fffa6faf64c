package io.matriarch.engine;

import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;

/**
 * A former primary that in pause, where timelines are the operator's affair, must not go on all the same: the store says that another
 * node led after it and promised to keep commits, which this one cannot have (beyond the contract).
 */
public final class OutdatedPrimary {

    private OutdatedPrimary() {}

    /** @param timeline of the local server; 0: not known */
    public static boolean is(ClusterView view, DynamicConfig config, String me, int timeline) {
        return config.isSynchronous()
                && !view.sync().isEmpty()
                && !view.sync().isLeader(me)
                && timeline < view.history().clusterTimeline();
    }
}
