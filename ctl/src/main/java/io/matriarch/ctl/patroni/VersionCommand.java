package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PublishedVersion;
import java.util.List;

/** {@code patronictl version}: the version of the tool and of running members. */
final class VersionCommand implements Command {

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("[CLUSTER_NAME] [MEMBER_NAMES]...");
        CommonOptions.group(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        Integer group = CommonOptions.group(arguments);
        session.terminal().line("patronictl version " + PublishedVersion.TEXT);
        List<String> words = arguments.words();
        if (words.isEmpty()) {
            return;
        }
        session.terminal().line("");
        List<String> names = words.subList(1, words.size());
        try (Cluster cluster = session.open(words.getFirst(), group)) {
            for (Member member : cluster.load().members().values()) {
                if (member.apiUrl().isPresent() && (names.isEmpty() || names.contains(member.name()))) {
                    RestResult result = session.members().call("GET", member, "patroni", null, MemberApi.SHORT);
                    session.terminal().line(member.name() + ": " + describe(result));
                }
            }
        }
    }

    private static String describe(RestResult result) {
        return switch (result) {
            case Failed(String reason, boolean _) -> "failed to get version: " + reason;
            case Answer(int status, String body) ->
                Json.parseObject(body)
                        .flatMap(o -> Json.object(o, "patroni")
                                .flatMap(patroni -> Json.string(patroni, "version"))
                                .map(version -> "Patroni " + version + postgresVersion(o)))
                        .orElse("failed to get version: unexpected answer with status code " + status);
        };
    }

    private static String postgresVersion(JsonObject status) {
        long number = Json.integer(status, "server_version").orElse(0L);
        if (number <= 0) {
            return "";
        }
        return number >= 100_000
                ? " PostgreSQL " + number / 10_000 + "." + number % 10_000
                : " PostgreSQL " + number / 10_000 + "." + number / 100 % 100 + "." + number % 100;
    }
}
