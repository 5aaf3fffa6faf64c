package io.matriarch.postgres;

/** What the caller of a promotion decides at its point of no return. */
@FunctionalInterface
public interface PromoteHook {

    /** Called after {@code pre_promote} succeeded; false ends the promotion without a trace. */
    boolean mayGoOn();
}
