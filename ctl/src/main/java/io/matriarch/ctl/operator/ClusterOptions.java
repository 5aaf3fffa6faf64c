package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.ConfigFileOption;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.ctl.patroni.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the cluster is; the same options as {@code patronictl} has. */
public final class ClusterOptions {

    @Mixin
    private final ConfigFileOption config = new ConfigFileOption();

    @Option(
            names = {"-d", "--dcs-url", "--dcs"},
            paramLabel = "URL",
            description = "The store, as [scheme://]host[:port][/namespace]")
    private @Nullable String dcsUrl;

    @Option(
            names = {"-k", "--insecure"},
            description = "Do not verify the certificates of members")
    private boolean insecure;

    /** A session of this process with what was given. */
    public Session session(Terminal terminal) {
        return Session.of(terminal, config.file(), dcsUrl, insecure);
    }

    /** The cluster that was named, else the one of the configuration. */
    public static String name(@Nullable String given, Session session) throws CommandFailure {
        String name = given == null ? session.settings().scope() : given;
        if (name == null) {
            throw new CommandFailure("Which cluster? Name it, or give a configuration with a scope by -c FILE");
        }
        return name;
    }
}
