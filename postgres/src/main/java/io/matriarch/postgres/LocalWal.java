package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import java.util.Set;

/** The WAL that lies in the data directory of a stopped server, replayed or not. */
public interface LocalWal {

    /** The timelines that there is WAL of. */
    Set<Integer> timelines();

    /** The timelines newer than this one whose history lies here: recovery heads for the newest, with WAL of it or without. */
    Set<Integer> known(int newerThan);

    /** Whether a record of a timeline begins at this position. */
    boolean goesOn(int timeline, Lsn position);
}
