package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.model.History;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code patronictl history}: the timelines that a cluster went through. */
final class HistoryCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        CommonOptions.format(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        Format format = CommonOptions.format(arguments);
        String name = CommonOptions.clusterOrScope(arguments, session);
        try (Cluster cluster = session.open(name, CommonOptions.groupOrConfigured(arguments, session))) {
            var table = new Table(List.of(
                    Column.right("TL"),
                    Column.right("LSN"),
                    Column.left("Reason"),
                    Column.left("Timestamp"),
                    Column.left("New Leader")));
            for (History.Entry entry : cluster.load().history().entries()) {
                table.add(List.of(
                        new JsonPrimitive(entry.timeline()),
                        new JsonPrimitive(entry.switchPoint().bytes()),
                        new JsonPrimitive(entry.reason()),
                        textOrEmpty(entry.timestamp()),
                        textOrEmpty(entry.leader())));
            }
            session.terminal()
                    .print(table.render(format, null, session.terminal().screen()));
        }
    }

    private static JsonElement textOrEmpty(@Nullable String text) {
        return new JsonPrimitive(text == null ? "" : text);
    }
}
