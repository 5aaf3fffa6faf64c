package io.matriarch.store.etcd;

import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreUnavailableException;

/** How a read that failed is reported: when waiting is of no use, the cause says that the configuration is to blame. */
final class Unavailable {

    private Unavailable() {}

    static StoreUnavailableException because(EtcdRefused refusal) {
        String message = String.valueOf(refusal.getMessage());
        return refusal.hopeless()
                ? new StoreUnavailableException(message, new StoreConfigurationException(message, refusal))
                : new StoreUnavailableException(message, refusal);
    }

    static StoreUnavailableException because(EtcdUnreachable failure) {
        return new StoreUnavailableException(String.valueOf(failure.getMessage()), failure);
    }
}
