package io.matriarch.ctl.drill;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.load.Acknowledgements;
import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.RowWriter;
import io.matriarch.ctl.load.Sessions;
import io.matriarch.ctl.operator.MemberAnswers;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One drill from the first check to the last measurement. Writes into a schema of its own, does the harm, waits until
 * everybody is in place again, and puts right what it did, also when the process is told to end meanwhile.
 */
final class Drill {

    static final String SCHEMA = "matriarch_drill";

    private static final String TABLE = SCHEMA + ".written_rows";
    private static final Duration BETWEEN_ROWS = Duration.ofMillis(5);

    /** Long enough for connections and caches to be warm. */
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    /** For how long a host stays cut off after another one has taken over. */
    private static final Duration HOLD = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
    private static final Duration CLEANING = Duration.ofSeconds(30);

    private final Session session;
    private final Cluster cluster;
    private final Wish wish;
    private final Sessions sessions;
    private final Consumer<String> notes;
    private ClusterView before = ClusterView.EMPTY;

    /**
     * A drill that is not begun.
     *
     * @param sessions how the client logs in
     * @param notes told what happens
     */
    Drill(Session session, Cluster cluster, Wish wish, Sessions sessions, Consumer<String> notes) {
        this.session = session;
        this.cluster = cluster;
        this.wish = wish;
        this.sessions = sessions;
        this.notes = notes;
    }

    /** Why it cannot be done; empty when it can. Changes nothing. */
    List<String> refusals() throws CommandFailure {
        before = cluster.load();
        var refusals = new ArrayList<>(Preconditions.refusals(wish, before, MemberAnswers.ask(before, session)));
        Member leader = before.leaderMember().orElse(null);
        if (leader != null) {
            try {
                Strike.of(wish, before, leader, session.settings().document());
            } catch (CommandFailure e) {
                refusals.add(String.valueOf(e.getMessage()));
            }
            try (Connection connection = sessions.requireWritable(endpoints());
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("select obj_description(oid, 'pg_namespace') from pg_namespace"
                            + " where nspname = '" + SCHEMA + "'")) {
                if (rows.next()) {
                    refusals.add("another drill is under way (" + rows.getString(1) + "); if it is not, remove what it"
                            + " left: drop schema " + SCHEMA + " cascade");
                }
            } catch (SQLException e) {
                refusals.add("the client cannot write: " + e.getMessage());
            }
        }
        return refusals;
    }

    /** The fault in words. */
    String what() {
        String exec = wish.exec();
        String sentence =
                exec == null ? wish.fault().sentence() : "a command does to the leader's host what it does: " + exec;
        return sentence + " (" + before.leaderName() + ")";
    }

    private List<Endpoint> endpoints() {
        var endpoints = new ArrayList<Endpoint>();
        for (Member member : before.members().values()) {
            ConnUrl address = member.address();
            if (address != null) {
                endpoints.add(new Endpoint(member.name(), address.host(), address.port()));
            }
        }
        return endpoints;
    }

    /** Does it; only after {@link #refusals} had none. */
    Measurement run() throws CommandFailure, InterruptedException {
        Member leader = before.leaderMember().orElseThrow();
        Strike strike = Strike.of(wish, before, leader, session.settings().document());
        try (var undo = new Undo(notes)) {
            prepare(undo);
            try (var writer = RowWriter.start(sessions, endpoints(), TABLE, BETWEEN_ROWS);
                    var observer = Observer.start(session, cluster, before)) {
                return measure(strike, leader, writer, observer, undo);
            } catch (SQLException e) {
                throw new CommandFailure("The client cannot write: " + e.getMessage(), e);
            }
        }
    }

    private void prepare(Undo undo) throws CommandFailure {
        undo.add("drop schema " + SCHEMA + " cascade", this::clean);
        try (Connection connection = sessions.requireWritable(endpoints());
                var statement = connection.createStatement()) {
            statement.execute("create schema " + SCHEMA);
            statement.execute("comment on schema " + SCHEMA + " is 'matriarch drill " + wish.fault() + ", begun at "
                    + session.time().wallClock() + "'");
        } catch (SQLException e) {
            throw new CommandFailure("The client cannot create its schema: " + e.getMessage(), e);
        }
    }

    /** The primary may be another one by now, or just be coming. */
    private void clean() throws SQLException, InterruptedException {
        long end = System.nanoTime() + CLEANING.toNanos();
        while (true) {
            try (Connection connection = sessions.requireWritable(endpoints());
                    var statement = connection.createStatement()) {
                statement.execute("drop schema if exists " + SCHEMA + " cascade");
                return;
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(POLL);
            }
        }
    }

    private Measurement measure(Strike strike, Member leader, RowWriter writer, Observer observer, Undo undo)
            throws CommandFailure, InterruptedException {
        Acknowledgements rows = writer.acknowledged();
        notes.accept("a client writes for " + WARM_UP.toSeconds() + " s");
        long warm = System.nanoTime() + WARM_UP.toNanos();
        if (!await(warm + Duration.ofSeconds(10).toNanos(), () -> rows.anyAfter(warm) && observer.last() != null)) {
            throw new CommandFailure("The client cannot write: " + writer.lastError());
        }

        notes.accept("now: " + what());
        var at = session.time().wallClock();
        long begin = System.nanoTime();
        long limit = begin + wish.limits().patience().toNanos();
        Blow blow = strike(strike, undo);
        boolean writesBack =
                await(limit, () -> rows.anyOnSessionAfter(begin) || blow.failed() != null) && blow.failed() == null;
        if (writesBack) {
            notes.accept("writes go on after "
                    + Verdict.seconds(rows.outageAfter(begin).longest()) + " without any");
        }
        if (wish.fault() == Fault.PARTITION && writesBack) {
            Thread.sleep(HOLD);
        }
        if (strike instanceof Strike.Command(String _, String undoing) && undoing != null) {
            notes.accept("taking it back: " + undoing);
            undo.runLast();
        }
        long since = System.nanoTime();
        boolean whole = await(limit, () -> {
            Sample last = observer.last();
            return last != null && last.at() > since && last.whole();
        });
        Sample last = observer.last();
        Duration recovery = whole && last != null ? Duration.ofNanos(last.at() - begin) : null;
        notes.accept(recovery == null ? "giving up" : "all members are in place after " + Verdict.seconds(recovery));
        await(limit, () -> rows.anyAfter(since));
        writer.stop();
        observer.close();
        List<Sample> samples = observer.samples();
        Sample end = observer.last();
        return new Measurement(
                cluster.name(),
                wish.fault(),
                what(),
                before.dynamicConfig().isSynchronous(),
                at,
                begin,
                System.nanoTime(),
                leader.name(),
                end == null ? null : end.leader(),
                wish.fault().isPlanned() ? null : Measurement.detection(samples, begin, leader.name()),
                writesBack ? rows.outageAfter(begin).longest() : sinceLast(rows, begin),
                writesBack,
                recovery,
                rows.count(),
                lost(writer),
                rows.times(),
                samples,
                blow.failed());
    }

    private static Duration sinceLast(Acknowledgements rows, long begin) {
        List<Long> times = rows.times();
        long last = times.isEmpty() ? begin : times.getLast();
        return Duration.ofNanos(System.nanoTime() - last);
    }

    private static int lost(RowWriter writer) throws InterruptedException {
        long end = System.nanoTime() + CLEANING.toNanos();
        while (true) {
            try {
                Set<Long> missing = writer.missing();
                return missing.size();
            } catch (SQLException _) {
                if (System.nanoTime() > end) {
                    return -1;
                }
                Thread.sleep(POLL);
            }
        }
    }

    /** Waits for something that happens elsewhere. */
    private static boolean await(long end, BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(POLL);
        }
        return true;
    }

    /** Something that was done, and may turn out not to have been possible. */
    @FunctionalInterface
    private interface Blow {
        /** Why it was not done; null: it was, as far as is known. */
        @Nullable
        String failed();
    }

    private Blow strike(Strike strike, Undo undo) throws CommandFailure, InterruptedException {
        return switch (strike) {
            case Strike.Kill(ProcessHandle postmaster) -> {
                boolean sent = postmaster.destroyForcibly();
                yield () -> sent ? null : "the postmaster could not be killed: is this its user?";
            }
            case Strike.Request(Member member, String path, var body) -> {
                RestCaller.Pending pending = session.members()
                        .start("POST", member, path, body, wish.limits().patience());
                var answer = new AtomicReference<@Nullable String>();
                Thread.ofPlatform().daemon().name("drill-request").start(() -> answer.set(trouble(path, pending)));
                yield answer::get;
            }
            case Strike.Command(String exec, String undoing) -> {
                if (undoing != null) {
                    undo.add(undoing, () -> shell(undoing));
                }
                Process process = startShell(exec);
                yield () -> process.isAlive() || process.exitValue() == 0
                        ? null
                        : "the command ended with " + process.exitValue() + ": " + exec;
            }
        };
    }

    private static @Nullable String trouble(String path, RestCaller.Pending pending) {
        return switch (pending.await()) {
            case Answer(int status, var _, var _) when status == 200 || status == 202 -> null;
            case Answer(int status, String text, var _) ->
                "POST /" + path + " was answered with " + status + ": " + text;
            case Failed(String reason, boolean _) -> "POST /" + path + " got no answer: " + reason;
        };
    }

    private static Process startShell(String command) throws CommandFailure {
        try {
            Process process = new ProcessBuilder("sh", "-c", command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            process.getOutputStream().close();
            return process;
        } catch (IOException e) {
            throw new CommandFailure("The command cannot be started: " + e.getMessage(), e);
        }
    }

    private static void shell(String command) throws CommandFailure, InterruptedException {
        Process process = startShell(command);
        if (!process.waitFor(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new CommandFailure("it has not ended after " + COMMAND_LIMIT.toSeconds() + " s");
        }
        if (process.exitValue() != 0) {
            throw new CommandFailure("it ended with " + process.exitValue());
        }
    }
}
