package io.matriarch.simulator;

import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The servers of a consensus store as fate and the checks see them, whichever store it is. */
public interface StoreTwin {

    /** One server; its name is its address in the network too. */
    interface Member {

        String name();

        boolean isAlive();

        /** The process ends; its disk keeps what it has applied. */
        void crash();

        void restart();

        /** How much later than usual it applies what was committed: its reads and watches are that old. */
        void lag(Duration later);

        /**
         * Something goes wrong with the watches of all clients here.
         *
         * @param how which of the ways that this store knows, by any number
         */
        void disturbWatches(long how);
    }

    Collection<? extends Member> members();

    /** Makes the leader give up its place; it may be elected again. */
    void deposeLeader();

    /** What it takes to write to a majority of disks. */
    void commitTime(Duration least, Duration most);

    /** All data is gone, as after a restore of nothing: no keys, no leases, no sessions. */
    void wipe();

    /** A person deletes a key with the store's own tools; false: there is nobody who could take the request. */
    boolean remove(String key);

    /** What was committed last under a key, whoever has heard of it; null: there is none. */
    @Nullable
    String committed(String key);
}
