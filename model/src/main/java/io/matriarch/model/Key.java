package io.matriarch.model;

/** The keys below the base path of a cluster that are not bound to a lease (contract dcs-etcd3.md, section 1). */
public enum Key {
    INITIALIZE("initialize"),
    CONFIG("config"),
    STATUS("status"),
    FAILOVER("failover"),
    SYNC("sync"),
    HISTORY("history"),
    FAILSAFE("failsafe");

    private final String path;

    Key(String path) {
        this.path = path;
    }

    /** The path relative to the base path. */
    public String path() {
        return path;
    }
}
