package io.matriarch.ctl.patroni;

import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code patronictl dsn}: where to connect to a member. */
final class DsnCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        CommonOptions.role(syntax);
        CommonOptions.format(syntax);
        syntax.value("NAME", "Generate a dsn for this member", "-m", "--member");
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        Format format = CommonOptions.format(arguments);
        MemberRole role = CommonOptions.role(arguments);
        String wanted = arguments.text("--member");
        if (role != null && wanted != null) {
            throw new CommandFailure("--role and --member are mutually exclusive options");
        }
        String name = CommonOptions.clusterOrScope(arguments, session);
        Member member = find(Groups.load(session, name, CommonOptions.group(arguments)), role, wanted);
        ConnUrl address = member == null ? null : member.address();
        if (member == null || address == null) {
            throw new CommandFailure("Can not find a suitable member");
        }
        session.terminal()
                .print(
                        format == Format.PRETTY
                                ? "host=" + address.host() + " port=" + address.port() + "\n"
                                : table(member, address)
                                        .render(format, null, session.terminal().screen()));
    }

    private static Table table(Member member, ConnUrl address) {
        var table = new Table(List.of(Column.left("Member"), Column.left("Host"), Column.right("Port")));
        table.add(List.of(Table.cell(member.name()), Table.cell(address.host()), new JsonPrimitive(address.port())));
        return table;
    }

    private static @Nullable Member find(Groups cluster, @Nullable MemberRole role, @Nullable String wanted) {
        MemberRole otherwise = wanted == null ? MemberRole.LEADER : MemberRole.ANY;
        for (Member member : cluster.select(Objects.requireNonNullElse(role, otherwise))) {
            if (wanted == null || wanted.equals(member.name())) {
                return member;
            }
        }
        return null;
    }
}
