package io.matriarch.simulator.postgres;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.Role;
import io.matriarch.model.TimeSource;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.AstrayRecovery;
import io.matriarch.postgres.CloneSource;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.Divergence;
import io.matriarch.postgres.InterruptedRejoin;
import io.matriarch.postgres.LocalPosition;
import io.matriarch.postgres.LocalWal;
import io.matriarch.postgres.RewindCheck;
import io.matriarch.postgres.RewindOutcome;
import io.matriarch.postgres.StartOutcome;
import io.matriarch.postgres.StartRequest;
import io.matriarch.postgres.StopOutcome;
import io.matriarch.postgres.StopRequest;
import io.matriarch.postgres.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Making and mending the data directory: the twin of what the real instance does with {@code initdb}, {@code
 * pg_basebackup}, {@code pg_rewind} and its journal, in the same order of steps (contract ha-loop.md 12,
 * postgres-control.md 6, 7).
 */
final class TwinRejoin {

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration REMOVAL = Duration.ofMillis(200);
    private static final Duration REWIND_ANSWER_HOLDS = Duration.ofMinutes(1);
    private static final int ATTEMPTS = 2;

    private final PostgresHost host;
    private final TwinConfiguration configuration;
    private final TwinServer server;
    private final LocalSession session;
    private final TimeSource time;
    private final AstrayRecovery astray = new AstrayRecovery();
    private int mending;
    private @Nullable DivergedWal found;
    private @Nullable RewindAnswer rewindAnswer;

    private record RewindAnswer(boolean usable, @Nullable Object postmaster, MonotonicTime until) {}

    TwinRejoin(
            PostgresHost host,
            TwinConfiguration configuration,
            TwinServer server,
            LocalSession session,
            TimeSource time) {
        this.host = host;
        this.configuration = configuration;
        this.server = server;
        this.session = session;
        this.time = time;
    }

    // ---- the journal

    private void begin(InterruptedRejoin.Step step, String source) {
        if (interrupted().isPresent()) {
            host.killProgram();
        }
        host.mark(new InterruptedRejoin(step, source, time.wallClock()));
    }

    private Optional<InterruptedRejoin> interrupted() {
        InterruptedRejoin mark = host.rejoinMark();
        if (mark != null) {
            return Optional.of(mark);
        }
        Disk.Torn torn = host.disk().torn;
        return torn != null && torn.by().equals("pg_basebackup")
                ? Optional.of(new InterruptedRejoin(InterruptedRejoin.Step.CLONE, "", time.wallClock()))
                : Optional.empty();
    }

    Optional<String> interruptedRejoin() {
        return server.isBootstrapping() || mending > 0
                ? Optional.empty()
                : interrupted().map(InterruptedRejoin::description);
    }

    /** Waits for a program; a cancelled one is ended. */
    private boolean await(WorkingProgram program, CancelFlag cancelled) {
        while (program.isRunning()) {
            if (cancelled.isRequested()) {
                program.kill();
            } else if (!session.pause(POLL)) {
                program.kill();
            }
        }
        return program.isSuccessful();
    }

    // ---- bootstrap

    boolean bootstrap() {
        server.setBootstrapping(true);
        rewindAnswer = null;
        CancelFlag cancelled = server.newCancellation();
        server.setState(PostgresState.INITIALIZING);
        begin(InterruptedRejoin.Step.BOOTSTRAP, "");
        if (!await(Initdb.start(host), cancelled)) {
            server.setState(PostgresState.INITDB_FAILED);
            return false;
        }
        host.mark(null);
        StartOutcome started = server.start(new StartRequest(Role.PRIMARY, null, null, false));
        return started == StartOutcome.STARTED || started == StartOutcome.STILL_STARTING;
    }

    /** The users; what they write is not waited for by anybody ({@code synchronous_commit} is local). */
    boolean postBootstrap() {
        for (int user = 0; user < 3; user++) {
            if (session.local(asked -> !asked.isInRecovery()).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    // ---- clone

    Optional<String> objectionToClone(CloneSource source) {
        Upstream upstream = source.upstream();
        if (upstream == null || host.disk().isEmpty()) {
            return Optional.empty();
        }
        boolean accepts = session.remote(upstream.host(), Server::isAccepting).orElse(false);
        return accepts ? Optional.empty() : Optional.of(upstream.name() + " accepts no connections");
    }

    boolean cloneFrom(CloneSource source) {
        rewindAnswer = null;
        mending++;
        CancelFlag cancelled = server.newCancellation();
        server.setState(PostgresState.CREATING_REPLICA);
        server.setRole(Role.REPLICA);
        try {
            Upstream upstream = source.upstream();
            return upstream != null && basebackup(upstream, cancelled);
        } finally {
            mending--;
            server.setState(PostgresState.STOPPED);
        }
    }

    private boolean basebackup(Upstream source, CancelFlag cancelled) {
        for (int attempt = 1; ; attempt++) {
            remove();
            begin(InterruptedRejoin.Step.CLONE, source.name());
            if (await(BaseBackup.start(host, source.host(), isFastCheckpoint()), cancelled)) {
                host.mark(null);
                return true;
            }
            if (attempt == ATTEMPTS || cancelled.isRequested() || !pause(cancelled)) {
                remove();
                return false;
            }
        }
    }

    private boolean isFastCheckpoint() {
        var options = configuration.settings().basebackup();
        return options != null && options.toString().contains("fast");
    }

    private boolean pause(CancelFlag cancelled) {
        MonotonicTime end = time.now().plus(PAUSE);
        while (time.now().isBefore(end) && !cancelled.isRequested()) {
            if (!session.pause(POLL)) {
                return false;
            }
        }
        return !cancelled.isRequested();
    }

    // ---- removing

    void removeDataDirectory() {
        rewindAnswer = null;
        mending++;
        try {
            remove();
        } finally {
            mending--;
        }
        server.setRole(Role.UNINITIALIZED);
    }

    /** {@code global/pg_control} goes first: what is left when this is interrupted is nothing that could be started. */
    private void remove() {
        begin(InterruptedRejoin.Step.REMOVE, "");
        if (!host.disk().isEmpty()) {
            host.tear("a removal");
            session.pause(REMOVAL);
            host.wipe();
        }
        host.mark(null);
    }

    void moveDataDirectoryAside() {
        rewindAnswer = null;
        if (!host.disk().isEmpty()) {
            host.wipe();
            host.mark(null);
        }
        server.setBootstrapping(false);
        server.setRole(Role.UNINITIALIZED);
    }

    // ---- divergence

    Optional<LocalPosition> position() {
        if (server.isRunning()) {
            Optional<LocalPosition> asked = session.local(
                            running -> running.recovery.replayed().isKnown()
                                    ? Optional.of(
                                            new LocalPosition(running.timeline(), running.recovery.replayed(), true))
                                    : Optional.<LocalPosition>empty())
                    .flatMap(found -> found);
            if (asked.isPresent() || server.state() != PostgresState.STARTING) {
                return asked;
            }
        }
        return server.controlData().flatMap(LocalPosition::of);
    }

    /** What the leader's replication connection answers. */
    private record Leader(int timeline, Timelines timelines) {}

    RewindCheck checkDivergence(Upstream leader) {
        Optional<LocalPosition> position = position();
        if (position.isEmpty() || !isPrimary(leader)) {
            return RewindCheck.UNDECIDED;
        }
        LocalPosition local = position.get();
        Optional<Leader> answer = session.remote(
                leader.host(), asked -> new Leader(asked.timeline(), new Timelines(asked.disk.timelines)));
        return answer.map(leaders -> compare(local, leaders)).orElse(RewindCheck.UNDECIDED);
    }

    private RewindCheck compare(LocalPosition local, Leader leader) {
        List<History.Entry> history = leader.timelines().of(leader.timeline());
        found = null;
        if (Divergence.exists(local, leader.timeline(), history, () -> endOfLastRecord(local.position()))) {
            return RewindCheck.NEEDED;
        }
        Disk disk = host.disk();
        ControlFile control = disk.control;
        boolean withinBackup = disk.backupLabel != null || (control != null && control.backupEnd.isKnown());
        boolean shutDown = server.controlData().filter(ControlData::isShutDown).isPresent();
        if (server.isRunning()) {
            return whereRunning(local, leader.timeline(), history);
        }
        if (!withinBackup && !shutDown) {
            found = Divergence.beyond(local.timeline(), leader.timeline(), history, new WalOfTwin(disk))
                    .orElse(null);
        }
        if (found == null) {
            return RewindCheck.NOT_NEEDED;
        }
        boolean certain = !disk.wal.timelines().contains(found.timeline())
                || server.controlData().filter(ControlData::endsWhereItSays).isPresent();
        return certain ? RewindCheck.UNREPLAYED : RewindCheck.NEEDED;
    }

    private RewindCheck whereRunning(LocalPosition local, int leaderTimeline, List<History.Entry> history) {
        if (!local.inRecovery()) {
            return RewindCheck.NOT_NEEDED;
        }
        if (server.state() == PostgresState.STARTING) {
            return RewindCheck.UNDECIDED;
        }
        Set<Integer> known = host.disk().timelines.known(local.timeline());
        return astray.look(local, leaderTimeline, history, known, time.now()).isEmpty()
                ? RewindCheck.NOT_NEEDED
                : RewindCheck.ASTRAY;
    }

    /** What files and {@code pg_waldump} tell. */
    private record WalOfTwin(Disk disk) implements LocalWal {

        @Override
        public Set<Integer> timelines() {
            return disk.wal.timelines();
        }

        @Override
        public Set<Integer> known(int newerThan) {
            return disk.timelines.known(newerThan);
        }

        @Override
        public boolean goesOn(int timeline, Lsn position) {
            return disk.wal.goesOn(timeline, position);
        }
    }

    void turnBack() {
        if (server.stop(StopRequest.withoutWaitingLong()) == StopOutcome.STOPPED) {
            astray.turnedBack();
        }
    }

    RewindOutcome setAsideUnreplayedWal() {
        DivergedWal wal = found;
        if (wal == null || !session.pause(POLL) || server.isRunning()) {
            return RewindOutcome.LATER;
        }
        Disk disk = host.disk();
        Lsn from = wal.from().isKnown() ? wal.from() : disk.wal.beginning(wal.timeline());
        disk.wal = disk.wal.upTo(from);
        disk.flushed = disk.wal.upTo(disk.flushed).end();
        if (!wal.from().isKnown()) {
            disk.timelines.remove(wal.timeline());
        }
        astray.takenAway(wal.timeline());
        return RewindOutcome.DONE;
    }

    /** Where the last record ends if it begins at {@code start}; {@code pg_waldump} tells. */
    private Optional<Lsn> endOfLastRecord(Lsn start) {
        session.pause(POLL);
        WalRecord last = host.disk().wal.last();
        return last != null && last.start().equals(start) ? Optional.of(last.end()) : Optional.empty();
    }

    private boolean isPrimary(Upstream leader) {
        return session.remote(leader.host(), asked -> !asked.isInRecovery()).orElse(false);
    }

    // ---- rewind

    boolean canRewind() {
        PostgresSettings settings = configuration.settings();
        if (!settings.usePgRewind()) {
            return false;
        }
        RewindAnswer known = rewindAnswer;
        Object postmaster = host.postmaster();
        boolean fresh = known != null
                && time.now().isBefore(known.until())
                && (postmaster == null ? known.postmaster() == null : postmaster.equals(known.postmaster()));
        if (known == null || !fresh) {
            known = new RewindAnswer(isUsable(), postmaster, time.now().plus(REWIND_ANSWER_HOLDS));
            rewindAnswer = known;
        }
        return known.usable();
    }

    void forgetRewindAnswer() {
        rewindAnswer = null;
    }

    private boolean isUsable() {
        return configuration.settings().usePgRewind()
                && server.controlData().filter(ControlData::allowsRewind).isPresent();
    }

    RewindOutcome rewind(Upstream leader) {
        mending++;
        try {
            return rewind(leader, server.newCancellation());
        } finally {
            mending--;
        }
    }

    private RewindOutcome rewind(Upstream leader, CancelFlag cancelled) {
        if (server.stop(StopRequest.beforeRewind()) == StopOutcome.FAILED) {
            return RewindOutcome.LATER;
        }
        if (!leader.checkpointConfirmed() || !isPrimary(leader)) {
            return RewindOutcome.LATER;
        }
        boolean marked = interrupted().isPresent();
        begin(InterruptedRejoin.Step.REWIND, leader.name());
        WorkingProgram program = Rewind.start(host, leader.host());
        if (await(program, cancelled)) {
            host.mark(null);
            return RewindOutcome.DONE;
        }
        if (!marked && !program.hasWritten()) {
            host.mark(null);
        }
        if (cancelled.isRequested()) {
            return RewindOutcome.LATER;
        }
        if (isPrimary(leader)) {
            return RewindOutcome.FAILED;
        }
        return isUsable() ? RewindOutcome.LATER : RewindOutcome.FAILED;
    }

    boolean recoverInSingleUserMode() {
        CancelFlag cancelled = server.newCancellation();
        WorkingProgram leftOver = host.program();
        host.disk().standbySignal = false;
        if (SingleUser.isRunningOn(host)) {
            session.pause(TwinServer.PROGRAM);
            return false;
        }
        if (leftOver != null) {
            leftOver.kill(); // of an agent that was killed
        }
        return await(SingleUser.start(host, true), cancelled);
    }
}
