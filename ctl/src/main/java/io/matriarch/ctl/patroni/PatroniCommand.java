package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import java.util.List;
import java.util.Optional;

/** The commands in the order of the help text. A command's class is loaded only when it is called. */
public enum PatroniCommand {
    DEMOTE_CLUSTER("demote-cluster", "Demote cluster to a standby cluster"),
    DSN("dsn", "Generate a dsn for the provided member, defaults to a dsn of the leader"),
    EDIT_CONFIG("edit-config", "Edit cluster configuration"),
    FAILOVER("failover", "Failover to a replica"),
    FLUSH("flush", "Discard scheduled events"),
    HISTORY("history", "Show the history of failovers/switchovers"),
    LIST("list", "List the Patroni members for a given Patroni"),
    PAUSE("pause", "Disable auto failover"),
    PROMOTE_CLUSTER("promote-cluster", "Promote cluster, make it run standalone"),
    QUERY("query", "Query a Patroni PostgreSQL member"),
    REINIT("reinit", "Reinitialize cluster member"),
    RELOAD("reload", "Reload cluster member configuration"),
    REMOVE("remove", "Remove cluster from DCS"),
    RESTART("restart", "Restart cluster member"),
    RESUME("resume", "Resume auto failover"),
    SHOW_CONFIG("show-config", "Show cluster configuration"),
    SWITCHOVER("switchover", "Switchover to a replica"),
    TOPOLOGY("topology", "Prints ASCII topology for given cluster"),
    VERSION("version", "Output version of patronictl command or a running Patroni instance");

    private final String word;
    private final String description;

    PatroniCommand(String word, String description) {
        this.word = word;
        this.description = description;
    }

    /** The command that people call with a word. */
    public static Optional<PatroniCommand> of(String word) {
        for (PatroniCommand command : values()) {
            if (command.word.equals(word)) {
                return Optional.of(command);
            }
        }
        return Optional.empty();
    }

    public String word() {
        return word;
    }

    public String description() {
        return description;
    }

    /**
     * The command's options and arguments.
     *
     * @param program what people type before its word
     */
    public Syntax syntax(String program) {
        return syntax(program, open());
    }

    private Syntax syntax(String program, Command command) {
        var syntax = new Syntax(program + " " + word, description);
        command.describe(syntax);
        return syntax;
    }

    /**
     * Runs the command.
     *
     * @param program what people typed before the command's word
     * @param words what they typed after it
     */
    public void run(String program, List<String> words, Session session) throws CommandFailure, InterruptedException {
        Command command = open();
        Syntax syntax = syntax(program, command);
        Arguments arguments = syntax.parse(words);
        if (arguments.wantsHelp()) {
            session.terminal().print(syntax.help());
        } else {
            command.run(arguments, session);
        }
    }

    private Command open() {
        return switch (this) {
            case DEMOTE_CLUSTER -> new DemoteClusterCommand();
            case DSN -> new DsnCommand();
            case EDIT_CONFIG -> new EditConfigCommand();
            case FAILOVER -> new FailoverCommand();
            case FLUSH -> new FlushCommand();
            case HISTORY -> new HistoryCommand();
            case LIST -> new ListCommand();
            case PAUSE -> new PauseCommand(true);
            case PROMOTE_CLUSTER -> new PromoteClusterCommand();
            case QUERY -> new QueryCommand();
            case REINIT -> new ReinitCommand();
            case RELOAD -> new ReloadCommand();
            case REMOVE -> new RemoveCommand();
            case RESTART -> new RestartCommand();
            case RESUME -> new PauseCommand(false);
            case SHOW_CONFIG -> new ShowConfigCommand();
            case SWITCHOVER -> new SwitchoverCommand();
            case TOPOLOGY -> new TopologyCommand();
            case VERSION -> new VersionCommand();
        };
    }
}
