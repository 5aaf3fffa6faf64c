package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code patronictl reinit}: throws away a replica's data and copies it again. */
final class ReinitCommand implements Command {

    /** With force the member first waits for the end of a running task. */
    private static final Duration LONGEST_CANCEL = Duration.ofMinutes(5);

    private static final Duration POLL_PERIOD = Duration.ofSeconds(2);

    @Override
    public void describe(Syntax syntax) {
        syntax.arguments("CLUSTER_NAME [MEMBER_NAMES]...");
        CommonOptions.group(syntax);
        syntax.flag("Get basebackup from leader", "--from-leader");
        syntax.flag("Wait until reinitialization completes", "--wait");
        CommonOptions.force(syntax);
    }

    @Override
    public void run(Arguments arguments, Session session) throws CommandFailure, InterruptedException {
        String name = CommonOptions.cluster(arguments);
        List<String> names = arguments.words().subList(1, arguments.words().size());
        boolean force = CommonOptions.force(arguments);
        boolean fromLeader = arguments.has("--from-leader");
        Groups cluster = Groups.load(session, name, CommonOptions.group(arguments));
        List<Member> members = MemberSelection.selectForReinit(cluster, names, force, session.terminal());
        if (members.isEmpty()) {
            return;
        }
        MemberSelection.confirm("reinitialize", members, force, session.terminal());
        var started = new ArrayList<Member>();
        for (Member member : members) {
            if (start(member, force, fromLeader, session)) {
                started.add(member);
            }
        }
        if (arguments.has("--wait")) {
            awaitEnd(started, session);
        }
    }

    private static boolean start(Member member, boolean force, boolean fromLeader, Session session)
            throws CommandFailure {
        Terminal terminal = session.terminal();
        var request = new JsonObject();
        request.addProperty("force", force);
        request.addProperty("from_leader", fromLeader);
        Answer answer = session.members().demand("POST", member, "reinitialize", request, LONGEST_CANCEL);
        if (answer.status() == 200) {
            terminal.line(Report.success("reinitialize", member));
            return true;
        }
        terminal.line(Report.failure("reinitialize", member, answer));
        return !force
                && answer.body().endsWith(" already in progress")
                && terminal.confirm("Do you want to cancel it and reinitialize anyway?")
                && start(member, true, fromLeader, session);
    }

    private static void awaitEnd(List<Member> started, Session session) throws CommandFailure, InterruptedException {
        var waiting = new ArrayList<>(started);
        MonotonicTime begin = session.time().now();
        int shown = 0;
        while (!waiting.isEmpty()) {
            if (waiting.size() != shown) {
                session.terminal().line("Waiting for reinitialize to complete on: " + MemberSelection.namesOf(waiting));
                session.terminal().flush();
                shown = waiting.size();
            }
            session.time().sleep(POLL_PERIOD);
            Duration passed = session.time().now().since(begin);
            session.terminal().progress(waiting.size() + " copying for " + passed.toSeconds() + " s");
            for (Member member : List.copyOf(waiting)) {
                Answer answer = session.members().demand("GET", member, "patroni", null, MemberApi.SHORT);
                String state = Json.parseObject(answer.body())
                        .flatMap(body -> Json.string(body, "state"))
                        .orElse("");
                if (!state.equals("creating replica")) {
                    session.terminal().progress("");
                    session.terminal().line("Reinitialize is completed on: " + member.name());
                    waiting.remove(member);
                }
            }
        }
    }
}
