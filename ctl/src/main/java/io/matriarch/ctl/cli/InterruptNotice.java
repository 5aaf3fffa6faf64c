package io.matriarch.ctl.cli;

/**
 * While it is open, Ctrl-C ends the process with {@code Aborted!} and exit code 1 instead of silently with 130. A
 * shutdown hook is the only portable way to learn of the signal.
 */
public final class InterruptNotice implements AutoCloseable {

    private final Thread hook;

    public InterruptNotice(Terminal terminal) {
        this(terminal, () -> {});
    }

    /** @param before done before the process ends */
    InterruptNotice(Terminal terminal, Runnable before) {
        hook = new Thread(
                () -> {
                    before.run();
                    terminal.error("Aborted!");
                    Runtime.getRuntime().halt(1);
                },
                "interrupt-notice");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the process ends already
        }
    }
}
