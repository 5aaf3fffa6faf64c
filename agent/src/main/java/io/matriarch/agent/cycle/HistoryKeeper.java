package io.matriarch.agent.cycle;

import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.History;
import io.matriarch.model.Key;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import java.util.ArrayList;
import java.util.List;

/** Publishes the timelines that the cluster went through; run by the primary (contract ha-loop.md 15). */
final class HistoryKeeper {

    private final ClusterStore store;
    private final PostgresInstance postgres;
    private final String me;

    HistoryKeeper(ClusterStore store, PostgresInstance postgres, String me) {
        this.store = store;
        this.postgres = postgres;
        this.me = me;
    }

    void update(ClusterView view, DynamicConfig config, int timeline) {
        History published = view.history();
        if (timeline == 1) {
            if (!published.entries().isEmpty()) {
                write(new History(List.of(), true));
            }
            return;
        }
        History.Entry last =
                published.entries().isEmpty() ? null : published.entries().getLast();
        if (timeline == 0 || (last != null && last.timeline() == timeline - 1 && last.leader() != null)) {
            return;
        }
        List<History.Entry> local = postgres.localHistory(timeline);
        if (local.isEmpty()) {
            return;
        }
        var entries = new ArrayList<History.Entry>();
        for (int i = 0; i < local.size(); i++) {
            boolean newest = i == local.size() - 1;
            entries.add(newest ? named(local.get(i)) : known(published, local.get(i)));
        }
        int limit = config.maxTimelinesHistory();
        int from = limit > 0 ? Math.max(entries.size() - limit, 0) : 0;
        var history = new History(entries.subList(from, entries.size()), true);
        if (!history.equals(published)) { // with a number left out, the last entry never is the one before ours
            write(history);
        }
    }

    private History.Entry named(History.Entry e) {
        return new History.Entry(e.timeline(), e.switchPoint(), e.reason(), e.timestamp(), me);
    }

    /** Time and leader of an older switch are known only to the key. */
    private static History.Entry known(History published, History.Entry local) {
        return published.entries().stream()
                .filter(e -> e.timeline() == local.timeline() && e.switchPoint().equals(local.switchPoint()))
                .findFirst()
                .orElse(new History.Entry(local.timeline(), local.switchPoint(), local.reason(), null, null));
    }

    private void write(History history) {
        store.put(Key.HISTORY, history.toJson(), Expectation.ANY);
    }
}
