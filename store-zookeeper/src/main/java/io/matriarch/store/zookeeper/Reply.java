package io.matriarch.store.zookeeper;

import io.matriarch.model.MonotonicTime;
import org.apache.zookeeper.KeeperException.Code;
import org.jspecify.annotations.Nullable;

/**
 * What became of one request.
 *
 * @param value null unless {@code code} is OK, and for requests that return nothing
 * @param sentAt a time before the request left this process
 */
record Reply<T>(Code code, @Nullable T value, MonotonicTime sentAt) {

    boolean isOk() {
        return code == Code.OK;
    }

    /** The value of an answer that is known to be OK. */
    T get() {
        T result = value;
        if (result == null) {
            throw new IllegalStateException("no value in an answer with code " + code);
        }
        return result;
    }

    /** Whether the servers said nothing: a read may be repeated, a write may or may not have happened. */
    boolean isLost() {
        return switch (code) {
            case CONNECTIONLOSS, OPERATIONTIMEOUT, REQUESTTIMEOUT, SESSIONEXPIRED, SESSIONMOVED -> true;
            default -> false;
        };
    }
}
