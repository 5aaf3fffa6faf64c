package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code patronictl query}: sends SQL to a member and prints what comes back (contract ctl.md 3). */
final class QueryCommand implements Command {

    private static final String STANDARD_INPUT = "-";

    /**
     * Whom to ask.
     *
     * @param member null: the first one with the role
     */
    private record Target(MemberRole role, @Nullable String member) {

        /** Why there is nobody to ask. */
        String nobody() {
            return member == null
                    ? "No connection to role '" + role + "' is available"
                    : "No connection to member " + member + " is available";
        }

        @Nullable
        ConnUrl find(Groups cluster) {
            for (Member candidate : cluster.select(role)) {
                if (member == null || member.equals(candidate.name())) {
                    return candidate.address();
                }
            }
            return null;
        }
    }

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME]");
        CommonOptions.group(syntax);
        syntax.value("FORMAT", "Output format: pretty, tsv, json, yaml, yml; tsv unless given", "--format");
        syntax.value("FILE", "Execute the SQL commands from this file. Use - for stdin.", "-f", "--file");
        syntax.flag("Force password prompt", "--password");
        syntax.value("NAME", "Database user name", "-U", "--username");
        CommonOptions.watch(syntax);
        CommonOptions.role(syntax);
        syntax.value("NAME", "Query a specific member", "-m", "--member");
        syntax.value("TEXT", "The column delimiter; a tab unless given", "--delimiter");
        syntax.value("SQL", "Execute the SQL command", "-c", "--command");
        syntax.value("NAME", "Database name to connect to", "-d", "--dbname");
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        MemberRole role = CommonOptions.role(arguments);
        String member = arguments.text("--member");
        if (role != null && member != null) {
            throw new CommandFailure("--role and --member are mutually exclusive options");
        }
        String sql = sql(arguments, session);
        String format = arguments.text("--format", "tsv");
        String delimiter = arguments.text("--delimiter", "\t");
        Integer group = CommonOptions.group(arguments);
        Watch watch = Watch.of(arguments);
        String name = CommonOptions.clusterOrScope(arguments, session);
        String password = arguments.has("--password") ? session.terminal().secret("Password") : null;
        var target = new Target(
                Objects.requireNonNullElse(role, member == null ? MemberRole.LEADER : MemberRole.ANY), member);
        var login = new MemberLogin(
                arguments.text("--username"), password, arguments.text("--dbname"), session.environment());
        watch.repeatBelow(session, () -> {
            QueryResult result = ask(target.find(Groups.load(session, name, group)), target, login, sql);
            session.terminal().print(result.render(format, delimiter, session.localTimes()));
        });
    }

    private static QueryResult ask(@Nullable ConnUrl address, Target target, MemberLogin login, String sql) {
        if (address == null) {
            return new QueryResult.Message(target.nobody());
        }
        boolean expectPrimary = target.role == MemberRole.PRIMARY;
        boolean verify = target.member == null && target.role != MemberRole.LEADER && target.role != MemberRole.ANY;
        return MemberQuery.run(
                address, login, sql, verify ? expectPrimary : null, new QueryResult.Message(target.nobody()));
    }

    private static String sql(Arguments arguments, Session session) throws CommandFailure {
        String file = arguments.text("--file");
        String command = arguments.text("--command");
        if (file != null && command != null) {
            throw new CommandFailure("--file and --command are mutually exclusive options");
        }
        if (command != null) {
            return command;
        }
        if (file == null) {
            throw new CommandFailure("You need to specify either --command or --file");
        }
        try {
            return file.equals(STANDARD_INPUT) ? session.terminal().readAll() : Files.readString(Path.of(file));
        } catch (IOException e) {
            throw arguments.error("Invalid value for '--file': '" + file + "' cannot be read: "
                    + e.getClass().getSimpleName());
        }
    }
}
