package io.matriarch.ctl.drill;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Member;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the harm is done. */
sealed interface Strike {

    /** A request to a member's REST API. */
    record Request(Member member, String path, JsonObject body) implements Strike {}

    /** SIGKILL to a postmaster of this host; its agent restarts it, so nothing has to be taken back. */
    record Kill(ProcessHandle postmaster) implements Strike {}

    /**
     * A shell command of the operator.
     *
     * @param undo null: nothing has to be taken back
     */
    record Command(String exec, @Nullable String undo) implements Strike {}

    /**
     * The way to do what was asked for.
     *
     * @param leader the member that is hit
     * @param document the configuration that the tool was given
     * @throws CommandFailure when it cannot be done from here
     */
    static Strike of(Wish wish, ClusterView view, Member leader, JsonObject document) throws CommandFailure {
        String exec = wish.exec();
        return switch (wish.fault()) {
            case SWITCHOVER -> {
                var body = new JsonObject();
                body.addProperty("leader", leader.name());
                if (wish.candidate() != null) {
                    body.addProperty("candidate", wish.candidate());
                }
                yield new Request(leader, "switchover", body);
            }
            case FAILOVER -> {
                var body = new JsonObject();
                body.addProperty("candidate", candidate(wish, view, leader));
                yield new Request(leader, "failover", body);
            }
            case RESTART -> new Request(leader, "restart", new JsonObject());
            case CRASH ->
                exec == null
                        ? new Kill(postmaster(leader, view, document))
                        : new Command(fill(exec, leader), fillOrNull(wish.undo(), leader));
            case PARTITION -> {
                if (exec == null || wish.undo() == null) {
                    throw new CommandFailure("A host is cut off by commands of yours, because nobody but you knows how:"
                            + " give both, for instance --exec \"ssh {host} sudo nft -f /etc/drill-cut.nft\" --undo"
                            + " \"ssh -b ADMIN_ADDRESS {host} sudo nft delete table inet drill\". The second one must"
                            + " still get through");
                }
                yield new Command(fill(exec, leader), fill(wish.undo(), leader));
            }
        };
    }

    /** A manual failover needs to know to whom: a synchronous standby where there is one. */
    private static String candidate(Wish wish, ClusterView view, Member leader) throws CommandFailure {
        if (wish.candidate() != null) {
            return wish.candidate();
        }
        List<Member> fit = view.membersExcept(leader.name()).stream()
                .filter(member -> !member.tags().nofailover())
                .toList();
        return fit.stream()
                .filter(member -> view.sync().isVoter(member.name()))
                .findFirst()
                .or(() -> fit.stream().findFirst())
                .map(Member::name)
                .orElseThrow(() -> new CommandFailure("There is nobody who may take over"));
    }

    private static ProcessHandle postmaster(Member leader, ClusterView view, JsonObject document)
            throws CommandFailure {
        String remedy =
                ". Run the drill on its host as root or as the user of PostgreSQL, with the configuration of its agent"
                    + " by -c FILE, or say how by --exec, for instance --exec \"ssh {host} sudo systemctl kill -s KILL"
                    + " patroni\" --undo \"ssh {host} sudo systemctl start patroni\"";
        try {
            LocalConfig local = document.has("postgresql") ? LocalConfig.parse(document) : null;
            if (local == null || !local.name().equals(leader.name())) {
                throw new CommandFailure(
                        "The leader " + leader.name() + " is not the node of this configuration" + remedy);
            }
            DynamicConfig dynamic = view.dynamicConfig();
            Path file = local.postgres(dynamic).dataDir().resolve("postmaster.pid");
            long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
            Optional<ProcessHandle> postmaster = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
            return postmaster.orElseThrow(
                    () -> new CommandFailure("There is no process " + pid + ", which " + file + " names" + remedy));
        } catch (ConfigurationException | IOException | NumberFormatException e) {
            throw new CommandFailure(
                    "The postmaster of " + leader.name() + " is not found here: " + e.getMessage() + remedy, e);
        }
    }

    private static @Nullable String fillOrNull(@Nullable String template, Member leader) throws CommandFailure {
        return template == null ? null : fill(template, leader);
    }

    /** Puts the leader's host, port and name into a template. They go into a shell, so only plain ones are taken. */
    private static String fill(String template, Member leader) throws CommandFailure {
        ConnUrl address = leader.address();
        if (address == null) {
            throw new CommandFailure(leader.name() + " has not published an address");
        }
        for (String part : List.of(address.host(), leader.name())) {
            if (!part.matches("[A-Za-z0-9_.:-]+")) {
                throw new CommandFailure("\"" + part + "\" is not put into a shell command: it has unusual characters");
            }
        }
        return template.replace("{host}", address.host())
                .replace("{port}", Integer.toString(address.port()))
                .replace("{member}", leader.name());
    }
}
