package io.matriarch.ctl.cli;

/** The input ended at a prompt. */
public final class Aborted extends CommandFailure {

    private static final long serialVersionUID = 1L;

    Aborted() {
        super("Aborted!");
    }
}
