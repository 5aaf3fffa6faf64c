package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PublishedVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code patronictl version}: the version of the tool and of running members. */
final class VersionCommand implements Command {

    /** All members are asked at once, so that dead ones cost this long together. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** What a member says about itself. */
    private sealed interface Finding {}

    /** @param postgres empty when it is not known */
    private record Versions(String patroni, String postgres) implements Finding {}

    private record Trouble(String reason) implements Finding {}

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME] [MEMBER_NAMES]...");
        CommonOptions.group(syntax);
        CommonOptions.format(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        Integer group = CommonOptions.group(arguments);
        Format format = CommonOptions.format(arguments);
        List<String> words = arguments.words();
        var members = new ArrayList<Member>();
        if (!words.isEmpty()) {
            List<String> names = words.subList(1, words.size());
            for (Member member : Groups.load(session, words.getFirst(), group).select(MemberRole.ANY)) {
                if (member.apiUrl().isPresent() && (names.isEmpty() || names.contains(member.name()))) {
                    members.add(member);
                }
            }
        }
        List<Finding> findings = members.isEmpty()
                ? List.of()
                : session.members().getFromAll(members, "patroni", PATIENCE).stream()
                        .map(VersionCommand::read)
                        .toList();
        session.terminal()
                .print(
                        format == Format.PRETTY
                                ? lines(members, findings, !words.isEmpty())
                                : table(members, findings)
                                        .render(format, null, session.terminal().screen()));
    }

    private static String lines(List<Member> members, List<Finding> findings, boolean withCluster) {
        var out = new StringBuilder("patronictl version " + PublishedVersion.TEXT + "\n");
        out.append(withCluster ? "\n" : "");
        for (int i = 0; i < members.size(); i++) {
            out.append(members.get(i).name()).append(": ");
            out.append(
                    switch (findings.get(i)) {
                        case Versions(String patroni, String postgres) ->
                            "Patroni " + patroni + (postgres.isEmpty() ? "" : " PostgreSQL " + postgres);
                        case Trouble(String reason) -> "failed to get version: " + reason;
                    });
            out.append('\n');
        }
        return out.toString();
    }

    /** The same for programs; the first row is the tool itself. */
    private static Table table(List<Member> members, List<Finding> findings) {
        var table = new Table(List.of(
                Column.left("Program"),
                Column.left("Member"),
                Column.left("Version"),
                Column.left("PostgreSQL"),
                Column.left("Error")));
        add(table, "patronictl", "", PublishedVersion.TEXT, "", "");
        for (int i = 0; i < members.size(); i++) {
            String name = members.get(i).name();
            switch (findings.get(i)) {
                case Versions(String patroni, String postgres) -> add(table, "patroni", name, patroni, postgres, "");
                case Trouble(String reason) -> add(table, "patroni", name, "", "", reason);
            }
        }
        return table;
    }

    private static void add(Table table, String... texts) {
        var cells = new ArrayList<JsonElement>();
        for (String text : texts) {
            cells.add(Table.cell(text));
        }
        table.add(cells);
    }

    private static Finding read(RestResult result) {
        return switch (result) {
            case Failed(String reason, boolean _) -> new Trouble(reason);
            case Answer(int status, String body, var _) ->
                Json.parseObject(body)
                        .flatMap(o -> Json.object(o, "patroni")
                                .flatMap(patroni -> Json.string(patroni, "version"))
                                .<Finding>map(version -> new Versions(version, postgresVersion(o))))
                        .orElseGet(() -> new Trouble("unexpected answer with status code " + status));
        };
    }

    private static String postgresVersion(JsonObject status) {
        long number = Json.integer(status, "server_version").orElse(0L);
        if (number <= 0) {
            return "";
        }
        return number >= 100_000
                ? number / 10_000 + "." + number % 10_000
                : number / 10_000 + "." + number / 100 % 100 + "." + number % 100;
    }
}
