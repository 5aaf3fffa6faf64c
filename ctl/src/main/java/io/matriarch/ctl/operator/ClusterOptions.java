package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the cluster is; the same options as {@code patronictl} has. */
final class ClusterOptions {

    @Option(
            names = {"-c", "--config-file"},
            paramLabel = "FILE",
            description = "Configuration file; that of the daemon, or that of patronictl")
    private @Nullable String configFile;

    @Option(
            names = {"-d", "--dcs-url", "--dcs"},
            paramLabel = "URL",
            description = "The store, as [scheme://]host[:port][/namespace]")
    private @Nullable String dcsUrl;

    @Option(
            names = {"-k", "--insecure"},
            description = "Do not verify the certificates of members")
    private boolean insecure;

    Session session(Terminal terminal) {
        return Session.of(terminal, configFile, dcsUrl, insecure);
    }

    /** The cluster that was named, else the one of the configuration. */
    static String name(@Nullable String given, Session session) throws CommandFailure {
        String name = given == null ? session.settings().scope() : given;
        if (name == null) {
            throw new CommandFailure("Which cluster? Name it, or give a configuration with a scope by -c FILE");
        }
        return name;
    }
}
