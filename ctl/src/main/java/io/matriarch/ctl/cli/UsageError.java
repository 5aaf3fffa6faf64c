package io.matriarch.ctl.cli;

/** The command line cannot be understood: usage and message on standard error, exit code 2. */
public final class UsageError extends CommandFailure {

    private static final long serialVersionUID = 1L;

    private final String program;
    private final String synopsis;

    UsageError(String program, String synopsis, String message) {
        super(message);
        this.program = program;
        this.synopsis = synopsis;
    }

    /** What people see. */
    public String text() {
        return "Usage: " + synopsis + "\nTry '" + program + " --help' for help.\n\nError: " + getMessage();
    }
}
