package io.matriarch.store.etcd;

/** No usable answer from a server: not reached, too late, or one that says nothing about the request. */
public final class EtcdUnreachable extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean mayHaveArrived;

    public EtcdUnreachable(String message, boolean mayHaveArrived) {
        super(message);
        this.mayHaveArrived = mayHaveArrived;
    }

    EtcdUnreachable(String message, boolean mayHaveArrived, Throwable cause) {
        super(message, cause);
        this.mayHaveArrived = mayHaveArrived;
    }

    /** Whether the request may have been carried out all the same. */
    public boolean mayHaveArrived() {
        return mayHaveArrived;
    }
}
