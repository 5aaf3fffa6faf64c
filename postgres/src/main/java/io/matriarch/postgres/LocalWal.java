package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.Optional;
import java.util.Set;

/** The WAL that lies in the data directory of a stopped server, replayed or not. */
public interface LocalWal {

    /** The timelines that there are segments or a history of. */
    Set<Integer> timelines();

    /**
     * Where the WAL of a timeline ends, if there is a record at this position or behind it.
     *
     * @param position {@link Lsn#NONE}: the beginning of what lies here
     * @return {@link Lsn#NONE} when there is such a record and the end cannot be found; empty when there is none
     */
    Optional<Lsn> endBehind(int timeline, Lsn position);
}
