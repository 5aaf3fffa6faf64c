package io.matriarch.store.etcd;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The known servers, the current one first. The client stays with one until it fails, so that a sequence of reads does
 * not jump back in time.
 */
final class Endpoints {

    private List<URI> known = List.of();

    /** The server that requests go to; null before any is known. */
    synchronized @Nullable URI current() {
        return known.isEmpty() ? null : known.getFirst();
    }

    synchronized List<URI> all() {
        return known;
    }

    /** Takes over a new list; the current server stays current when the list has it. */
    synchronized void replace(Collection<URI> found) {
        var ordered = new LinkedHashSet<URI>();
        URI current = current();
        if (current != null && found.contains(current)) {
            ordered.add(current);
        }
        ordered.addAll(found);
        known = List.copyOf(ordered);
    }

    /** Servers to fall back on; they go last. */
    synchronized void add(Collection<URI> more) {
        var ordered = new LinkedHashSet<>(known);
        ordered.addAll(more);
        known = List.copyOf(ordered);
    }

    /** Puts a server that failed at the end, unless another request has moved on already. */
    synchronized void failed(URI endpoint) {
        if (known.size() > 1 && endpoint.equals(current())) {
            var rotated = new ArrayList<>(known.subList(1, known.size()));
            rotated.add(endpoint);
            known = List.copyOf(rotated);
        }
    }
}
