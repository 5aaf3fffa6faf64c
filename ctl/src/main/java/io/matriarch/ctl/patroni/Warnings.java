package io.matriarch.ctl.patroni;

import io.matriarch.model.Member;

/** The tool's log. A class of its own, so that logging is not set up where nothing is logged. */
final class Warnings {

    private static final System.Logger LOG = System.getLogger("patroni.ctl");

    private Warnings() {}

    static void log(String text) {
        LOG.log(System.Logger.Level.WARNING, text);
    }

    /** A member did not answer. */
    static void notAccessible(Member member, String reason) {
        log("Member " + member.name() + " is not accessible");
        log("Request to member " + member.name() + " failed: " + reason);
    }
}
