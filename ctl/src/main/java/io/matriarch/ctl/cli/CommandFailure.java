package io.matriarch.ctl.cli;

/** Ends a command with {@code Error: <message>} and exit code 1. The message is for people. */
public class CommandFailure extends Exception {

    private static final long serialVersionUID = 1L;

    public CommandFailure(String message) {
        super(message);
    }

    public CommandFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
