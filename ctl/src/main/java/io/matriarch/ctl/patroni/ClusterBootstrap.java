package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestClient;
import io.matriarch.http.RestResult;
import io.matriarch.model.ClusterView;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.RestSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Makes a cluster from one node, for configurations without {@code bootstrap} section, whose nodes never do it by
 * themselves. The node's agent does the work; here it is asked to, and waited for.
 */
public final class ClusterBootstrap {

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration REQUEST = Duration.ofSeconds(30);

    /** {@code initdb} takes seconds, on slow disks minutes. */
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Session session;
    private final Terminal terminal;

    private ClusterBootstrap(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    /**
     * Asks, requests and waits.
     *
     * @param config the configuration of the node, a file or a directory; null: where patronictl looks for it
     * @param confirmed whether nobody is to be asked
     * @throws CommandFailure when there is a cluster already, or the node does not do it
     */
    public static void run(Terminal terminal, @Nullable String config, boolean confirmed)
            throws CommandFailure, InterruptedException {
        new ClusterBootstrap(Session.of(terminal, config, null, false)).run(confirmed);
    }

    private void run(boolean confirmed) throws CommandFailure, InterruptedException {
        LocalConfig local;
        try {
            local = LocalConfig.parse(session.settings().document());
        } catch (ConfigurationException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
        try (Cluster cluster = session.open(local.scope(), null)) {
            requireEmpty(local, cluster.load());
            String question = "Node " + local.name() + " makes the new cluster " + local.scope()
                    + ": an empty PostgreSQL, from which the other nodes are cloned. Go on?";
            if (!confirmed && !terminal.confirm(question)) {
                throw new CommandFailure("Nothing was done");
            }
            request(local);
            await(local, cluster);
        }
    }

    private static void requireEmpty(LocalConfig local, ClusterView view) throws CommandFailure {
        if (view.initialize() != null || view.leaderName() != null || view.config() != null) {
            throw new CommandFailure("The cluster " + local.scope() + " exists already in the store, under "
                    + local.path().base()
                    + ". Nodes join it by themselves; if it is a leftover, remove it by patronictl"
                    + " remove " + local.scope());
        }
    }

    private void request(LocalConfig local) throws CommandFailure {
        RestSettings rest = local.restapi();
        String url = rest.apiUrl().replaceFirst("/patroni$", "/bootstrap");
        var client =
                new RestClient(session.settings().client(), session.settings().insecure());
        switch (client.send(new RestCall("POST", url, null, REQUEST, CONNECT))) {
            case RestResult.Answer answer -> {
                if (answer.status() != 202) {
                    throw new CommandFailure(
                            "Node " + local.name() + " refused with " + answer.status() + ": " + answer.body());
                }
            }
            case RestResult.Failed(String reason, boolean _) ->
                throw new CommandFailure("The agent of node " + local.name() + " does not answer at " + url + ": "
                        + reason + ". Start it first, with the same configuration");
        }
    }

    private void await(LocalConfig local, Cluster cluster) throws CommandFailure, InterruptedException {
        MonotonicTime deadline = session.time().now().plus(LIMIT);
        boolean begun = false;
        while (session.time().now().isBefore(deadline)) {
            ClusterView view = cluster.load();
            if (view.hasValidInitialize() && view.leaderName() != null) {
                terminal.line("Cluster " + local.scope() + " is made (system identifier " + view.initialize()
                        + "); its primary is " + view.leaderName());
                return;
            }
            if (begun && view.initialize() == null) {
                throw new CommandFailure("The bootstrap failed; the log of " + local.name() + "'s agent says why");
            }
            begun |= view.initialize() != null;
            session.time().sleep(PAUSE);
        }
        throw new CommandFailure("The cluster was not made within " + LIMIT.toMinutes() + " minutes; the log of "
                + local.name() + "'s agent says what it waits for");
    }
}
