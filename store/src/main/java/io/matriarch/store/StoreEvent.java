package io.matriarch.store;

/** What may end the wait between two cycles (contract dcs-etcd3.md 2.4). Own writes give no event. */
public enum StoreEvent {
    /** The leader key appeared, vanished or changed its value. */
    LEADER_CHANGED,
    /** The dynamic configuration was replaced. */
    CONFIG_CHANGED,
    /** The leader published a new status; for replicas that keep in step. */
    STATUS_CHANGED,
    /** A member has come; the leader has a replication slot to make for it. Not told by ZooKeeper. */
    MEMBER_ADDED,
    /** The connection to the store was lost or came back; the view may be old. */
    CONNECTION_CHANGED
}
