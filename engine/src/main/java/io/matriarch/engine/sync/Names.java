package io.matriarch.engine.sync;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** Sets of member names, compared without regard to case, as PostgreSQL compares {@code application_name}. */
final class Names {

    private Names() {}

    static SortedSet<String> of(Collection<String> names) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(names);
        return Collections.unmodifiableSortedSet(set);
    }

    static SortedSet<String> common(Collection<String> a, Collection<String> b) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(a);
        set.retainAll(of(b));
        return Collections.unmodifiableSortedSet(set);
    }

    static SortedSet<String> union(Collection<String> a, Collection<String> b) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(a);
        set.addAll(b);
        return Collections.unmodifiableSortedSet(set);
    }

    static SortedSet<String> without(Collection<String> a, Collection<String> b) {
        var set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        set.addAll(a);
        b.forEach(set::remove);
        return Collections.unmodifiableSortedSet(set);
    }
}
