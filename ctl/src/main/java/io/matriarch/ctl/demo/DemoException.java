package io.matriarch.ctl.demo;

/** The demo cannot go on; the message says why and what to do about it. */
final class DemoException extends Exception {

    private static final long serialVersionUID = 1L;

    DemoException(String message) {
        super(message);
    }

    DemoException(String message, Throwable cause) {
        super(message, cause);
    }
}
