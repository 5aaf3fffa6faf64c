package io.matriarch.ctl.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Who the nodes run as. PostgreSQL refuses to run as root, so root lends them an unprivileged account.
 *
 * @param lent name of the account; empty: our own
 */
record Account(String lent) {

    static Account choose() throws DemoException, InterruptedException {
        if (!"root".equals(System.getProperty("user.name"))) {
            return new Account("");
        }
        for (String name : List.of("postgres", "nobody")) {
            if (Commands.succeeds(List.of("id", name))) {
                return new Account(name);
            }
        }
        throw new DemoException(
                "PostgreSQL does not run as root, and there is no account postgres or nobody to run it as");
    }

    boolean isRoot() {
        return !lent.isEmpty();
    }

    /**
     * A command that runs {@code command} as this account: out of reach of the terminal's Ctrl-C, which is meant for
     * the demo, and told to stop should the demo itself be killed.
     */
    List<String> node(List<String> command) {
        var all = new ArrayList<>(List.of("setsid", "setpriv", "--pdeathsig", "TERM"));
        all.addAll(identity());
        all.add("--");
        all.addAll(command);
        return all;
    }

    boolean canRead(Path file) throws InterruptedException {
        if (!isRoot()) {
            return Files.isReadable(file);
        }
        var command = new ArrayList<>(List.of("setpriv"));
        command.addAll(identity());
        command.addAll(List.of("--", "test", "-r", file.toString()));
        return Commands.succeeds(command);
    }

    void own(Path tree) throws DemoException, InterruptedException {
        if (isRoot() && !Commands.succeeds(List.of("chown", "-R", lent + ":", tree.toString()))) {
            throw new DemoException("cannot give " + tree + " to " + lent);
        }
    }

    private List<String> identity() {
        return isRoot() ? List.of("--reuid=" + lent, "--regid=" + group(), "--init-groups") : List.of();
    }

    /** Debian's group of nobody has another name. */
    private String group() {
        return lent.equals("nobody") ? "nogroup" : lent;
    }
}
