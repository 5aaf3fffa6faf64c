package io.matriarch.agent.rest;

/** The REST API cannot listen as configured. */
public final class RestServerException extends Exception {

    private static final long serialVersionUID = 1L;

    RestServerException(String message, Throwable cause) {
        super(message, cause);
    }
}
