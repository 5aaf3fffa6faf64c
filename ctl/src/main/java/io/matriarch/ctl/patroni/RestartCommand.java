package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PostgresVersion;
import io.matriarch.model.TimeText;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** {@code patronictl restart}: restarts PostgreSQL of members, at once or later (contract ctl.md 4). */
final class RestartCommand implements Command {

    /** A member answers when PostgreSQL is up again, which may take a long checkpoint and a long recovery. */
    private static final Duration LONGEST_RESTART = Duration.ofHours(1);

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("CLUSTER_NAME [MEMBER_NAMES]...");
        CommonOptions.group(syntax);
        CommonOptions.role(syntax);
        syntax.flag("Restart a single member only", "--any");
        syntax.value("TIME", "Timestamp of a scheduled restart in unambiguous format (e.g. ISO 8601)", "--scheduled");
        syntax.value("VERSION", "Restart if the PostgreSQL version is less than provided (e.g. 9.5.2)", "--pg-version");
        syntax.flag("Restart if pending", "--pending");
        syntax.value(
                "TIME", "Return error and fail over if necessary when restarting takes longer than this", "--timeout");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure {
        String name = CommonOptions.cluster(arguments);
        List<String> names = arguments.words().subList(1, arguments.words().size());
        MemberRole role = Objects.requireNonNullElse(CommonOptions.role(arguments), MemberRole.ANY);
        boolean force = CommonOptions.force(arguments);
        Terminal terminal = session.terminal();
        Groups cluster = Groups.load(session, name, CommonOptions.group(arguments));
        List<Member> members = MemberSelection.select(cluster, names, role, terminal);
        OffsetDateTime scheduledAt = scheduledAt(arguments, session);
        boolean pending = arguments.has("--pending");
        members = narrow(members, pending && scheduledAt == null, arguments.has("--any"));
        confirm(members, scheduledAt, pending, force, terminal);
        JsonObject request = request(arguments, scheduledAt, pending, terminal);
        if (scheduledAt != null && cluster.settings().dynamicConfig().isPaused()) {
            throw new CommandFailure("Can't schedule restart in the paused state");
        }
        for (Member member : members) {
            if (scheduledAt != null && force) {
                discardScheduled(member, session);
            }
            Answer answer = session.members().demand("POST", member, "restart", request, LONGEST_RESTART);
            terminal.line(result(member, answer));
        }
    }

    private static @Nullable OffsetDateTime scheduledAt(Arguments arguments, Session session) throws CommandFailure {
        LocalTimes times = session.localTimes();
        String given = arguments.text("--scheduled");
        if (given == null && !CommonOptions.force(arguments)) {
            given = session.terminal()
                    .prompt("When should the restart take place (e.g. " + times.nextHour() + ") ", "now");
        }
        return given == null ? null : times.parseScheduled(given);
    }

    private static List<Member> narrow(List<Member> members, boolean onlyPending, boolean single) {
        var narrowed = new ArrayList<Member>();
        for (Member member : members) {
            if (!onlyPending || Json.bool(member.data(), "pending_restart").orElse(false)) {
                narrowed.add(member);
            }
        }
        return single && narrowed.size() > 1
                ? List.of(narrowed.get(ThreadLocalRandom.current().nextInt(narrowed.size())))
                : narrowed;
    }

    private static void confirm(
            List<Member> members,
            @Nullable OffsetDateTime scheduledAt,
            boolean pending,
            boolean force,
            Terminal terminal)
            throws CommandFailure {
        if (scheduledAt == null) {
            MemberSelection.confirm("restart", members, force, terminal);
            return;
        }
        String question = pending
                ? "The nodes needing a restart will be identified at the scheduled time, and might be different from"
                        + " the ones showing pending restart right now. Is this fine?"
                : "Are you sure you want to schedule restart of members " + MemberSelection.namesOf(members) + " at "
                        + TimeText.spaced(scheduledAt) + "?";
        if (!force && !terminal.confirm(question)) {
            throw new CommandFailure("Aborted scheduled restart");
        }
    }

    private static JsonObject request(
            Arguments arguments, @Nullable OffsetDateTime scheduledAt, boolean pending, Terminal terminal)
            throws CommandFailure {
        String version = arguments.text("--pg-version");
        if (version == null && !CommonOptions.force(arguments)) {
            version = terminal.prompt("Restart if the PostgreSQL version is less than provided (e.g. 9.5.2) ", "");
        }
        var request = new JsonObject();
        if (pending) {
            request.addProperty("restart_pending", true);
        }
        if (version != null && !version.isEmpty()) {
            if (PostgresVersion.parse(version) instanceof PostgresVersion.Invalid(String message)) {
                throw new CommandFailure(message);
            }
            request.addProperty("postgres_version", version);
        }
        if (scheduledAt != null) {
            request.addProperty("schedule", TimeText.iso(scheduledAt));
        }
        String timeout = arguments.text("--timeout");
        if (timeout != null) {
            request.addProperty("timeout", timeout);
        }
        return request;
    }

    /** Makes room for another schedule; that there is none to discard is no failure. */
    private static void discardScheduled(Member member, Session session) throws CommandFailure {
        Answer answer = session.members().demand("DELETE", member, "restart", null, MemberApi.SHORT);
        if (answer.status() != 200 && answer.status() != 404) {
            session.terminal().line(Report.failure("flush scheduled restart", member, answer));
        }
    }

    private static String result(Member member, Answer answer) {
        return switch (answer.status()) {
            case 200 -> "Success: restart on member " + member.name();
            case 202 -> "Success: restart scheduled on member " + member.name();
            case 409 -> "Failed: another restart is already scheduled on member " + member.name();
            default -> Report.failure("restart", member, answer);
        };
    }
}
