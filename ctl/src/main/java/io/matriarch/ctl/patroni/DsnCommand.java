package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code patronictl dsn}: where to connect to a member. */
final class DsnCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        CommonOptions.role(syntax);
        syntax.value("NAME", "Generate a dsn for this member", "-m", "--member");
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        MemberRole role = CommonOptions.role(arguments);
        String wanted = arguments.text("--member");
        if (role != null && wanted != null) {
            throw new CommandFailure("--role and --member are mutually exclusive options");
        }
        String name = CommonOptions.clusterOrScope(arguments, session);
        try (Cluster cluster = session.open(name, CommonOptions.group(arguments))) {
            ConnUrl address = find(cluster.load(), role, wanted);
            if (address == null) {
                throw new CommandFailure("Can not find a suitable member");
            }
            session.terminal().line("host=" + address.host() + " port=" + address.port());
        }
    }

    private static @Nullable ConnUrl find(ClusterView view, @Nullable MemberRole role, @Nullable String wanted) {
        MemberRole otherwise = wanted == null ? MemberRole.LEADER : MemberRole.ANY;
        for (Member member : Objects.requireNonNullElse(role, otherwise).select(view)) {
            if (wanted == null || wanted.equals(member.name())) {
                return member.address();
            }
        }
        return null;
    }
}
