package io.matriarch.backup;

/** The repository refuses or cannot do what was asked. The message is for people. */
public final class RepositoryException extends Exception {

    private static final long serialVersionUID = 1L;

    public RepositoryException(String message) {
        super(message);
    }

    public RepositoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
