package io.matriarch.agent.cycle;

import io.matriarch.agent.logging.LogLevel;
import io.matriarch.agent.node.ApiHealth;
import io.matriarch.agent.node.NodeStatus;
import io.matriarch.engine.Answers;
import io.matriarch.engine.FollowRules;
import io.matriarch.engine.HaRules;
import io.matriarch.engine.LocalPostgres;
import io.matriarch.engine.Memory.ApiSilence;
import io.matriarch.engine.Reason;
import io.matriarch.engine.RewindState;
import io.matriarch.engine.Rule;
import io.matriarch.engine.Situation;
import io.matriarch.engine.Step;
import io.matriarch.engine.Verdict;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.PostgresState;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.LogicalSlot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.postgres.Upstream;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One pass of observe, decide, act (contract ha-loop.md 3). The engine is asked until it says that the cycle is over;
 * what it wants to know meanwhile is found out by the {@link Performer}.
 */
final class Cycle {

    private static final Logger LOG = System.getLogger("patroni.ha");
    /** More steps than any path through the rules has: reaching it is a defect, and ends the cycle. */
    private static final int STEP_LIMIT = 60;

    private final NodeIdentity identity;
    private final AgentStore store;
    private final PostgresInstance postgres;
    private final LockKeeper lock;
    private final Failsafe failsafe;
    private final ElectorateKeeper electorate;
    private final LeaseRenewer renewer;
    private final Watchdog watchdog;
    private final Performer performer;
    private final SlotKeeper slots;
    private final PostCrashGateKeeper gate;
    private final MemberPublisher members;
    private final Jobs jobs;
    private final NodeMemory memory;
    private final Journal journal;
    private final Refusals refusals;
    private final ApiHealth apiHealth;
    private final TimeSource time;
    private final RandomGenerator random;
    private @Nullable Situation lastSituation;
    private @Nullable String watchedJob;
    private boolean apiWasSilent;

    Cycle(
            NodeIdentity identity,
            AgentStore store,
            PostgresInstance postgres,
            LockKeeper lock,
            Failsafe failsafe,
            ElectorateKeeper electorate,
            LeaseRenewer renewer,
            Watchdog watchdog,
            Performer performer,
            SlotKeeper slots,
            PostCrashGateKeeper gate,
            MemberPublisher members,
            Jobs jobs,
            NodeMemory memory,
            Journal journal,
            Refusals refusals,
            ApiHealth apiHealth,
            TimeSource time,
            RandomGenerator random) {
        this.identity = identity;
        this.store = store;
        this.postgres = postgres;
        this.lock = lock;
        this.failsafe = failsafe;
        this.electorate = electorate;
        this.renewer = renewer;
        this.watchdog = watchdog;
        this.performer = performer;
        this.slots = slots;
        this.gate = gate;
        this.members = members;
        this.jobs = jobs;
        this.memory = memory;
        this.journal = journal;
        this.refusals = refusals;
        this.apiHealth = apiHealth;
        this.time = time;
        this.random = random;
    }

    /**
     * What a pass left behind.
     *
     * @param view null when the store could not be read
     * @param result the line that was logged
     */
    record Outcome(@Nullable ClusterView view, @Nullable MonotonicTime viewReadAt, LocalFacts facts, String result) {}

    /** Runs one pass with the settings in force. */
    Outcome run(Settings settings, NodeStatus last) {
        jobs.collect(memory);
        noteJob();
        noteApi(settings);
        ClusterView view = null;
        MonotonicTime readAt = null;
        String storeError = "";
        renewer.forbid();
        lock.beforeLoad();
        try {
            MonotonicTime asked = time.now();
            view = store.load();
            readAt = asked;
        } catch (StoreUnavailableException e) {
            storeError = e.getMessage() == null ? "" : e.getMessage();
        }
        Settings current = view == null ? settings : settings.withGlobalsOf(view);
        boolean paused = current.dynamic().isPaused();
        memory.missCluster(view, identity.name(), time.now());
        if (view != null) {
            lock.observe(paused, view, identity.name());
            failsafe.observe(view);
            electorate.observe(view);
            memory.missLeader(view, time.now());
            view = failsafe.withAnnounced(view, current.dynamic());
            memory.remember(view, identity.name());
            if (!view.isUnlocked()) {
                memory.leaderMissingSince = null;
            } else if (memory.leaderMissingSince == null) {
                memory.leaderMissingSince = time.now();
            }
        }
        LocalFacts facts = look(paused);
        if (memory.wasPaused && !paused) {
            // Contract 3.2: whatever was found out about a rewind is found out anew.
            memory.rewind = facts.processRunning() && !facts.isPrimaryHere()
                    ? RewindState.CHECK_SCHEDULED
                    : RewindState.INITIAL;
        }
        memory.wasPaused = paused;
        Situation s = situation(current, view == null ? last.view() : view, facts);
        lastSituation = s;
        memory.wasPrimary |= s.hasLock() && s.local().primaryHere();
        if (view != null && view.member(identity.name()).isEmpty()) {
            members.publish(s, facts);
        }
        Verdict verdict;
        boolean storeFailed = view == null;
        try {
            verdict = view == null ? withoutStore(s, facts, storeError) : decide(s, facts);
        } catch (StoreUnavailableException e) {
            storeFailed = true;
            verdict = withoutStore(s, facts, e.getMessage() == null ? "" : e.getMessage());
        }
        String result = verdict.result() == null ? "" : verdict.result();
        LOG.log(Level.INFO, paused ? "PAUSE: " + result : result);
        LocalFacts after = look(paused);
        storeFailed |= verdict.rule().isWithoutStore();
        if (storeFailed) {
            finishWithoutStore(s, after);
        } else {
            finish(s, after);
        }
        memory.previousPosition = memory.currentPosition;
        memory.currentPosition = after.snapshot().map(Snapshot::position).orElse(Lsn.NONE);
        return new Outcome(storeFailed ? null : view, readAt, after, result);
    }

    /** The journal tells when a long action ended; that it began is told by the verdict. */
    private void noteJob() {
        String now = jobs.running();
        if (watchedJob != null && !watchedJob.equals(now)) {
            journal.event(watchedJob + ": ended, PostgreSQL is " + postgres.state());
        }
        watchedJob = now;
    }

    /** A silence that lasts is told loudly once, and its end. */
    private void noteApi(Settings settings) {
        var silence = apiHealth.silence();
        if (silence.isEmpty()) {
            memory.handedOverForApi = false;
        }
        boolean silent =
                apiHealth.silentFor(time.now()).compareTo(settings.timing().ttl()) >= 0;
        if (silent != apiWasSilent) {
            apiWasSilent = silent;
            String text = silence.filter(_ -> silent)
                    .map(s -> "the REST API of this node does not answer, so that neither clients nor members can see"
                            + " it: "
                            + s.reason())
                    .orElse("the REST API of this node answers again");
            if (silent) {
                LogLevel.critical(LOG.getName(), text);
            }
            journal.event(text);
        }
    }

    /** What the last pass began with; null before the first. */
    @Nullable
    Situation lastSituation() {
        return lastSituation;
    }

    private @Nullable ApiSilence apiSilence(MonotonicTime now) {
        return apiHealth
                .silence()
                .map(silence -> new ApiSilence(now.since(silence.since()), silence.reason(), memory.handedOverForApi))
                .orElse(null);
    }

    private LocalFacts look(boolean paused) {
        boolean jobRuns = jobs.running() != null;
        if (!jobRuns && postgres.state().isStarting()) {
            postgres.checkStartup();
        }
        LocalFacts facts = postgres.observe();
        PostgresState state = facts.state();
        boolean seemsUp = state == PostgresState.RUNNING || state.isStartingOrStopping();
        if (!jobRuns && !facts.processRunning() && seemsUp) {
            postgres.setState(paused ? PostgresState.STOPPED : PostgresState.CRASHED);
            facts = postgres.observe();
        }
        boolean starting = facts.state().isStartingOrStopping();
        if (!starting) {
            memory.startingSince = null;
            if (!jobRuns) {
                memory.startTimeout = null;
            }
        } else if (memory.startingSince == null) {
            memory.startingSince = time.now();
        }
        return facts;
    }

    private Situation situation(Settings settings, ClusterView view, LocalFacts facts) {
        MonotonicTime now = time.now();
        LocalPostgres local = Observer.look(facts, postgres, settings.postgres());
        return new Situation(
                identity.name(),
                settings.local().tags(),
                now,
                time.wallClock(),
                view,
                memory.ledView,
                settings.dynamic(),
                settings.timing(),
                local,
                memory.snapshot(
                        now,
                        jobs.running(),
                        postgres.anyCallbackCalled(),
                        watchdog.condition(),
                        apiSilence(now),
                        postgres.interruptedRejoin().orElse(null)),
                Answers.NONE,
                settings.local().bootstrap() != null,
                settings.mayCloneWithoutLeader(),
                random.nextInt(Integer.MAX_VALUE));
    }

    private Verdict decide(Situation first, LocalFacts facts) throws StoreUnavailableException {
        LOG.log(
                Level.INFO,
                "Lock owner: {0}; I am {1}",
                first.view().leaderName() == null ? "None" : first.view().leaderName(),
                first.me());
        return askUntilDone(first, facts, HaRules::decide);
    }

    private Verdict askUntilDone(Situation first, LocalFacts facts, Function<Situation, Verdict> rules)
            throws StoreUnavailableException {
        Situation s = first;
        for (int i = 0; i < STEP_LIMIT; i++) {
            Verdict verdict = rules.apply(s);
            record(verdict, s);
            s = performer.perform(verdict.step(), s, facts.snapshot());
            if (verdict.result() != null) {
                return verdict;
            }
        }
        throw new IllegalStateException("no verdict after " + STEP_LIMIT + " steps, last rule "
                + rules.apply(s).rule());
    }

    private Verdict withoutStore(Situation s, LocalFacts facts, String error) {
        LOG.log(Level.ERROR, "Error communicating with DCS" + (error.isEmpty() ? "" : ": " + error));
        try {
            return askUntilDone(s, facts, HaRules::decideWithoutStore);
        } catch (StoreUnavailableException e) {
            throw new IllegalStateException("a step without the store asked the store", e);
        }
    }

    private void record(Verdict verdict, Situation s) {
        for (Reason reason : verdict.reasons()) {
            log(reason);
        }
        journal.record(verdict, s);
        if (verdict.rule() == Rule.API_SILENT && verdict.step() instanceof Step.Demote) {
            memory.handedOverForApi = true;
        }
        if (verdict.rule() == Rule.SWITCHOVER_REFUSED) {
            refusals.note(verdict.reasons());
        }
    }

    private static void log(Reason reason) {
        switch (reason.level()) {
            case INFO -> LOG.log(Level.INFO, reason.text());
            case WARNING -> LOG.log(Level.WARNING, reason.text());
            case ERROR -> LOG.log(Level.ERROR, reason.text());
            case CRITICAL -> LogLevel.critical(LOG.getName(), reason.text());
        }
        if (!reason.detail().isEmpty()) {
            LOG.log(Level.INFO, "  " + reason.detail());
        }
    }

    /** In failsafe mode slots move on with what the primary announced, or with what this primary sees. */
    private void finishWithoutStore(Situation s, LocalFacts facts) {
        Optional<Snapshot> snapshot = facts.snapshot();
        if (s.config().failsafeMode() && failsafe.isActive() && jobs.running() == null && snapshot.isPresent()) {
            slots.synchronise(s.with(failsafe.announced(s.view())), snapshot.get());
        }
    }

    private void copyLogicalSlots(Situation s, List<LogicalSlot> missing) {
        String leader = s.view().leaderName();
        Upstream source = Upstreams.of(s.view(), leader, s.me(), s.config());
        Upstream named = Upstreams.of(s.view(), s.tags().replicatefrom().orElse(leader), s.me(), s.config());
        if (source == null || s.hasLock()) {
            return;
        }
        Upstream toFollow = named == null ? source : named;
        String names = missing.stream().map(slot -> "'" + slot.name() + "'").collect(Collectors.joining(", "));
        String running = jobs.start("copy_logical_slots", () -> {
            postgres.copyLogicalSlots(source, toFollow, missing);
            return m -> {};
        });
        if (running == null) {
            LOG.log(Level.INFO, "Copying logical slots [" + names + "] from the primary");
        }
    }

    /** Steps 13 and 14: slots, the first callback, the member key. */
    private void finish(Situation s, LocalFacts facts) {
        failsafe.storeIsBack();
        String job = jobs.running();
        boolean calm = job == null || job.equals("promote");
        Optional<Snapshot> snapshot = facts.snapshot();
        if (calm && facts.processRunning() && !facts.state().isStarting() && snapshot.isPresent()) {
            gate.look(s, snapshot.get());
            List<LogicalSlot> missing = slots.synchronise(s, snapshot.get());
            if (!missing.isEmpty() && job == null && snapshot.get().inRecovery()) {
                copyLogicalSlots(s, missing);
            }
            if (!postgres.anyCallbackCalled()) {
                if (snapshot.get().inRecovery() && job == null) {
                    memory.scheduleDivergenceCheck();
                }
                postgres.callOnStart();
            }
            boolean shouldStream = job == null
                    && snapshot.get().inRecovery()
                    && !s.isPaused()
                    && !s.hasLock()
                    && FollowRules.upstream(s.me(), s.tags(), s.view()) != null;
            memory.missStream(shouldStream && !"streaming".equals(snapshot.get().walReceiverState()), time.now());
        }
        members.publish(s, facts);
    }
}
