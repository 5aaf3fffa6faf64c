package io.matriarch.agent.rest;

import io.matriarch.agent.meters.Meters.LogBacklog;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.postgres.LocalFacts.Snapshot;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The status document as it is sent. Load balancers ask for it far more often than anything in it changes, so the last text is
 * kept for as long as it is true.
 */
final class StatusText {

    /** All that the document is made of. */
    private record Source(
            NodeStatus node, boolean leader, Optional<ClusterView> view, Optional<Snapshot> server, LogBacklog log) {}

    private record Rendered(Source source, String text) {}

    private volatile @Nullable Rendered last;

    String of(Picture picture, LogBacklog log) {
        var source = new Source(
                picture.node(), picture.leader(), picture.view(), picture.server(), StatusDocument.worthShowing(log));
        Rendered known = last;
        if (known == null || !known.source.equals(source)) {
            known = new Rendered(source, Json.spaced(StatusDocument.of(picture, log)));
            last = known;
        }
        return known.text;
    }
}
