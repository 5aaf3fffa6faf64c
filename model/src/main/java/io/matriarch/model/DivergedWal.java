package io.matriarch.model;

/**
 * WAL that lies on one node and is not part of the leader's history: what was committed in it, and is not on the leader, is
 * lost to the cluster.
 *
 * @param from where it begins; {@link Lsn#NONE}: nothing of this timeline is part of the history
 * @param to where it ends; {@link Lsn#NONE}: not known
 */
public record DivergedWal(int timeline, Lsn from, Lsn to) {

    /** {@code timeline 1 from 0/3000060 to 0/3012340}. */
    @Override
    public String toString() {
        return "timeline " + timeline + (from.isKnown() ? " from " + from : "") + (to.isKnown() ? " to " + to : "");
    }
}
