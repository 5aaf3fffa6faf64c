package io.matriarch.ctl.backup;

import io.matriarch.model.ClusterSummary;
import io.matriarch.model.ClusterSummary.Row;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * From whom a backup is taken: replicas that stream on the leader's timeline and are near it, because reading all data costs
 * the primary more than them; those with the tag {@code clonefrom} first, then the nearest. The leader when there is none.
 */
final class BackupSources {

    private BackupSources() {}

    /** In the order in which they are tried. */
    static List<Member> inOrder(ClusterView view, long maxLagBytes) {
        int timeline = view.leaderMember().map(Member::timeline).orElse(0);
        var replicas = new ArrayList<Row>();
        for (Row row : ClusterSummary.of("", view).members()) {
            ClusterSummary.Progress progress = row.progress();
            if (progress != null
                    && row.state().equals("streaming")
                    && row.member().timeline() == timeline
                    && progress.overall().isKnown()
                    && progress.overall().lagBytes() <= maxLagBytes) {
                replicas.add(row);
            }
        }
        replicas.sort(Comparator.comparing((Row row) -> !row.member().tags().clonefrom())
                .thenComparingLong(row ->
                        row.progress() == null ? 0 : row.progress().overall().lagBytes())
                .thenComparing(Row::name));
        var members = new ArrayList<>(replicas.stream().map(Row::member).toList());
        view.leaderMember().ifPresent(members::add);
        return members;
    }
}
