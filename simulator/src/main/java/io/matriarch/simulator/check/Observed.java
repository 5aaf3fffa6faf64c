package io.matriarch.simulator.check;

import io.matriarch.simulator.postgres.PostgresHost;

/** A node as the checks see it. */
public interface Observed {

    String name();

    PostgresHost postgres();

    /** Whether its agent lives, is not frozen, and believes that it has the lock. */
    boolean holdsLock();

    /**
     * Whether it believes that it leads. A replica that has the lock does not yet where it may have to give it back: with the member lease
     * when the electorate is another one than it has votes for, and when the store proves to have lost its data (decisions 0016, 0020).
     */
    boolean leads();

    /** Whether the last cycle of its agent found the server to be primary. */
    boolean knowsThatItIsPrimary();

    /** Whether its host stood still a moment ago: nothing in it could act before its clients were served again. */
    boolean justThawed();

    /** Whether its configuration says that it never becomes primary in place of another one. */
    boolean neverPromoted();

    /** How often the journal of this node says that its server is promoted, and why. */
    int promotionsInJournal();

    /** Whether it belongs to a standby cluster: nobody in it is primary. */
    boolean isOfStandbyCluster();
}
