package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;

/** {@code patronictl demote-cluster}: makes the cluster follow a primary outside. */
final class DemoteClusterCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        syntax.value("HOST", "Address of the remote node", "--host");
        syntax.value("INTEGER", "Port of the remote node", "--port");
        syntax.value("COMMAND", "Command to restore WAL records from the remote primary", "--restore-command");
        syntax.value("NAME", "Name of the slot on the remote node to use for replication", "--primary-slot-name");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        String host = arguments.text("--host");
        Integer port = arguments.integer("--port");
        String restoreCommand = arguments.text("--restore-command");
        if (host == null && port == null && restoreCommand == null) {
            throw new CommandFailure("At least --host, --port or --restore-command should be specified");
        }
        var section = new JsonObject();
        if (host != null) {
            section.addProperty("host", host);
        }
        if (port != null) {
            section.addProperty("port", port);
        }
        String slot = arguments.text("--primary-slot-name");
        if (slot != null) {
            section.addProperty("primary_slot_name", slot);
        }
        if (restoreCommand != null) {
            section.addProperty("restore_command", restoreCommand);
        }
        new StandbyClusterChange(StandbyClusterChange.Direction.DEMOTE, session)
                .run(CommonOptions.clusterOrScope(arguments, session), section, CommonOptions.force(arguments));
    }
}
