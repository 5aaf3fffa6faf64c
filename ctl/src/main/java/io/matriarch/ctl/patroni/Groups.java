package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as commands about members see it: its view, for Citus those of all its groups or of one (contract
 * citus-and-kubernetes.md 1.5).
 *
 * @param citus whether it has groups
 * @param group the only group that is meant; null for all, and where there are none
 * @param views by group, ascending; an ordinary cluster is the only one
 */
record Groups(String name, boolean citus, @Nullable Integer group, SortedMap<Integer, ClusterView> views) {

    private static final Integer COORDINATOR = 0;

    Groups {
        views = Collections.unmodifiableSortedMap(views);
    }

    /** One cluster, or one group of a Citus cluster. */
    static Groups of(Cluster cluster, ClusterView view) {
        Integer group = cluster.group();
        var views = new TreeMap<Integer, ClusterView>();
        views.put(group == null ? COORDINATOR : group, view);
        return new Groups(cluster.name(), group != null, group, views);
    }

    /**
     * Reads a cluster, for a Citus cluster all groups.
     *
     * @param group what {@code --group} says; null when it was not given
     */
    static Groups load(Session session, String name, @Nullable Integer group) throws CommandFailure {
        if (group != null || !session.settings().citus()) {
            try (Cluster cluster = session.open(name, group)) {
                return of(cluster, cluster.load());
            }
        }
        var views = new TreeMap<Integer, ClusterView>();
        for (Integer found : numbers(session, name)) {
            try (Cluster cluster = session.open(name, found)) {
                views.put(found, cluster.load());
            }
        }
        return new Groups(name, true, null, views);
    }

    private static Set<Integer> numbers(Session session, String name) throws CommandFailure {
        try (Cluster cluster = session.open(name, null)) {
            return cluster.store().groups();
        } catch (StoreUnavailableException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** Whether rows have to say which group they belong to. */
    boolean isMixed() {
        return citus && group == null;
    }

    /** The settings of all: those of the coordinator, or of the only one. */
    ClusterView settings() {
        return views.values().stream().findFirst().orElse(ClusterView.EMPTY);
    }

    /** The members with a role, group by group, sorted by name. */
    List<Member> select(MemberRole role) {
        var selected = new ArrayList<Member>();
        for (ClusterView view : views.values()) {
            selected.addAll(role.select(view));
        }
        return selected;
    }
}
