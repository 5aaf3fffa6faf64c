package io.matriarch.store;

/** The store's section cannot work, or its credentials are wrong: fatal at start. The message names place and remedy. */
public final class StoreConfigurationException extends Exception {

    private static final long serialVersionUID = 1L;

    public StoreConfigurationException(String message) {
        super(message);
    }

    public StoreConfigurationException(String message, Throwable cause) {
        super(message, cause);
    }
}
