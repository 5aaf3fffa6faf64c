package io.matriarch.agent.cycle;

import io.matriarch.engine.LockOutcome;
import io.matriarch.engine.Situation;
import io.matriarch.engine.sync.PrioritySync;
import io.matriarch.engine.sync.QuorumSync;
import io.matriarch.engine.sync.StandbyNames;
import io.matriarch.engine.sync.Standbys;
import io.matriarch.engine.sync.Standbys.Stranger;
import io.matriarch.engine.sync.SyncStep;
import io.matriarch.engine.sync.Walsender;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Key;
import io.matriarch.model.Lsn;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import io.matriarch.model.TimeSource;
import io.matriarch.postgres.LocalFacts.Snapshot;
import io.matriarch.postgres.PostgresInstance;
import io.matriarch.store.AgentStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Performs the steps of {@link PrioritySync} or {@link QuorumSync} one by one, each with fresh facts, and remembers which
 * standbys have caught up since the parameter last changed.
 */
public final class SynchronousSetKeeper implements SyncKeeper {

    private static final Logger LOG = System.getLogger("patroni.postgresql.sync");
    private static final int STEP_LIMIT = 20;
    private static final Duration CONFIRMATION_LIMIT = Duration.ofSeconds(3);
    /**
     * From a reload until every process of the server has acted on it. The parameter that our session shows says nothing
     * of the others: until the checkpointer has seen it, commits do not wait at all, and until a walsender has seen it, it
     * lets commits go for the standbys of before ({@code syncrep.c}). They need milliseconds; nothing tells us when.
     */
    private static final Duration SETTLED = Duration.ofSeconds(1);

    private static final Duration CONFIRMATION_POLL = Duration.ofMillis(50);
    /** A walsender acts on a reload within a few milliseconds, and commits wait until all have. */
    private static final Duration SPREAD_POLL = Duration.ofMillis(5);

    private final AgentStore store;
    private final PostgresInstance postgres;
    private final TimeSource time;
    /** Whether a write of the key may still be applied that was made on what was seen before. */
    private boolean unsettled = true;

    private final TreeSet<String> caughtUp = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    private @Nullable String observedParameter;
    private @Nullable MonotonicTime changedSince;
    /** Everything that was acknowledged without regard to the present parameter lies before it; none: not known yet. */
    private Lsn changedAt = Lsn.NONE;

    private boolean warnedOfHold;
    private Set<Stranger> reported = Set.of();
    /** Until then a new leader leaves its standbys time to come over from the one before (contract ha-loop.md 9.2). */
    private @Nullable MonotonicTime quietUntil;
    /** The key names this node since its promotion, which was not seen yet. */
    private boolean promoted;
    /** What a promotion that has not begun can put back; null: nothing. */
    private @Nullable TakenOver takenOver;

    /**
     * A key that was taken over for a promotion.
     *
     * @param before what it said until then
     * @param revision of ours
     */
    private record TakenOver(SyncState before, Revision revision) {}

    public SynchronousSetKeeper(AgentStore store, PostgresInstance postgres, TimeSource time) {
        this.store = store;
        this.postgres = postgres;
        this.time = time;
    }

    @Override
    public void manage(Situation s, Optional<Snapshot> snapshot) {
        if (snapshot.isEmpty()) {
            return;
        }
        if (!s.config().isSynchronous()) {
            switchOff(s);
            return;
        }
        boolean quorum = s.config().synchronousMode() == SynchronousMode.QUORUM;
        takenOver = null;
        SyncState key = s.view().sync();
        if (unsettled) {
            SyncState settled = settle(s, key);
            if (settled == null) {
                return;
            }
            key = settled;
        }
        Snapshot facts = snapshot.get();
        if (promoted) {
            promoted = false;
            quietUntil = time.now().plus(s.timing().loopWait());
            facts = awaitStandbys(s, key, facts);
        }
        if (quorum && quietUntil != null && time.now().isBefore(quietUntil)) {
            if (next(s, key, facts, true) instanceof SyncStep.SetParameter(var value) && holdsEverything(facts)) {
                changeTo(value, facts);
            }
            return;
        }
        quietUntil = null;
        boolean waited = false;
        MonotonicTime limit = time.now().plus(s.timing().loopWait());
        for (int i = 0; i < STEP_LIMIT && time.now().isBefore(limit); i++) {
            switch (next(s, key, facts, waited)) {
                case SyncStep.WriteKey write -> {
                    SyncState next = write(s, key, write);
                    if (next == null) {
                        return;
                    }
                    if (quorum && !key.isEmpty() && !key.isLeader(s.me())) {
                        quietUntil = time.now().plus(s.timing().loopWait());
                        return;
                    }
                    key = next;
                }
                case SyncStep.SetParameter(var value) -> {
                    if (!changeTo(value, facts)) {
                        return;
                    }
                    waited = false;
                    facts = look(facts);
                    if (!facts.synchronousStandbyNames().equals(value)) {
                        return; // a restart began meanwhile: it is in force after that, and until then the old one is
                    }
                }
                case SyncStep.AwaitConfirmation _ -> {
                    waited = true;
                    facts = awaitConfirmation(
                            facts, standbys(s, key, facts, observe(facts)).active());
                }
                case SyncStep.Hold(var value, var kept) -> {
                    hold(value, kept);
                    return;
                }
                case SyncStep.Done _ -> {
                    warnedOfHold = false;
                    return;
                }
            }
        }
    }

    private SyncStep next(Situation s, SyncState key, Snapshot facts, boolean waited) {
        StandbyNames parameter = observe(facts);
        Standbys standbys = standbys(s, key, facts, parameter);
        report(standbys.strangers());
        return s.config().synchronousMode() == SynchronousMode.QUORUM
                ? QuorumSync.next(s.me(), s.config(), key, parameter, standbys, waited)
                : PrioritySync.next(s.me(), s.config(), key, parameter, standbys, waited);
    }

    private Standbys standbys(Situation s, SyncState key, Snapshot facts, StandbyNames parameter) {
        return Standbys.choose(
                s.me(),
                s.view().members().values(),
                s.config(),
                key,
                walsenders(facts),
                parameter,
                facts.synchronousCommit(),
                caughtUp,
                facts.position());
    }

    private static boolean holdsEverything(Snapshot facts) {
        return StandbyNames.parse(facts.synchronousStandbyNames())
                .filter(StandbyNames::holdsEverything)
                .isPresent();
    }

    /** The first commits of a new leader wait for standbys to come over; it looks often, since each look shortens that. */
    private Snapshot awaitStandbys(Situation s, SyncState key, Snapshot first) {
        Duration patience = s.timing().loopWait().compareTo(CONFIRMATION_LIMIT) < 0
                ? s.timing().loopWait()
                : CONFIRMATION_LIMIT;
        MonotonicTime limit = time.now().plus(patience);
        Snapshot facts = first;
        try {
            while (holdsEverything(facts)
                    && standbys(s, key, facts, observe(facts)).active().isEmpty()
                    && time.now().isBefore(limit)) {
                time.sleep(CONFIRMATION_POLL);
                facts = look(facts);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return facts;
    }

    @Override
    public LockOutcome prepareForPromotion(Situation s) {
        SyncState old = s.view().sync();
        if (!s.config().isSynchronous()) {
            return dropKey(old);
        }
        boolean strict = s.config().synchronousModeStrict();
        caughtUp.clear();
        observedParameter = null;
        // A key with votes does not say that each of its names holds everything, whatever the mode is now.
        if (s.config().synchronousMode() == SynchronousMode.QUORUM || old.quorum() > 0) {
            return assign(QuorumSync.beforePromotion(s.me(), old, strict))
                    ? takeOver(old, QuorumSync.keyOfPromotion(s.me(), old))
                    : LockOutcome.UNKNOWN;
        }
        var voters = new ArrayList<String>();
        if (strict) {
            voters.addAll(old.voters());
            if (old.leader() != null) {
                voters.add(old.leader());
            }
            voters.removeIf(s.me()::equalsIgnoreCase);
        }
        LockOutcome written = takeOver(old, new SyncState(s.me(), 0, voters, old.revision()));
        if (written != LockOutcome.APPLIED) {
            return written;
        }
        if (!strict) {
            postgres.noteSyncKey(old);
            postgres.setSynchronousStandbyNames(null); // if that fails, commits wait for more than the key promises
            return LockOutcome.APPLIED;
        }
        return assign(SyncState.NOBODY) ? LockOutcome.APPLIED : LockOutcome.UNKNOWN;
    }

    private LockOutcome takeOver(SyncState old, SyncState next) {
        return switch (noted(() -> store.put(Key.SYNC, next.toJson(), asSeen(next)))) {
            case WriteOutcome.Applied(var revision, var _) -> {
                TakenOver earlier = takenOver;
                takenOver = new TakenOver(
                        earlier != null && earlier.revision().equals(old.revision()) ? earlier.before() : old,
                        revision);
                promoted = true;
                yield LockOutcome.APPLIED;
            }
            case WriteOutcome.Refused _ -> LockOutcome.REFUSED;
            case WriteOutcome.Unknown _ -> LockOutcome.UNKNOWN;
        };
    }

    /**
     * Whoever may lead by the former key holds all that was acknowledged, for this node has acknowledged nothing since. As
     * long as the key names this node alone, nobody else could lead.
     */
    @Override
    public void takeBack(SyncState key) {
        TakenOver ours = takenOver;
        takenOver = null;
        promoted = false;
        if (ours != null
                && !ours.before().isEmpty()
                && ours.revision().equals(key.revision())
                && store.put(Key.SYNC, ours.before().toJson(), Expectation.unchanged(key.revision()))
                        .isApplied()) {
            LOG.log(
                    Level.INFO,
                    "Put back the synchronous replication key of before the promotion: {0}",
                    ours.before().toJson());
        }
    }

    /** Nobody else wrote the key since, also not where there was none. */
    private static Expectation asSeen(SyncState key) {
        return key.revision().exists() ? Expectation.unchanged(key.revision()) : Expectation.ABSENT;
    }

    private void switchOff(Situation s) {
        SyncState key = s.view().sync();
        if (dropKey(key) == LockOutcome.APPLIED && !key.isEmpty()) {
            LOG.log(Level.INFO, "Disabled synchronous replication");
            caughtUp.clear();
            observedParameter = null;
        }
    }

    /**
     * The key goes first: as long as it is there, it promises, also to those who see the mode switched on again before this node
     * does. Names may be left without a key, when the answer to its removal, or to its writing, was lost.
     */
    private LockOutcome dropKey(SyncState key) {
        if (key.isEmpty()) {
            postgres.setSynchronousStandbyNames(null);
            return LockOutcome.APPLIED;
        }
        return switch (noted(() -> store.delete(Key.SYNC, Expectation.unchanged(key.revision())))) {
            case WriteOutcome.Applied _ -> {
                postgres.setSynchronousStandbyNames(null);
                yield LockOutcome.APPLIED;
            }
            case WriteOutcome.Refused _ -> LockOutcome.REFUSED;
            case WriteOutcome.Unknown _ -> LockOutcome.UNKNOWN;
        };
    }

    /** Notices a changed parameter: whoever reaches the position at which it was in force holds all acknowledged before. */
    private StandbyNames observe(Snapshot facts) {
        if (!facts.synchronousStandbyNames().equals(observedParameter)) {
            observedParameter = facts.synchronousStandbyNames();
            changedSince = time.now();
            changedAt = Lsn.NONE;
            caughtUp.clear();
        }
        boolean settled = changedSince != null && time.now().since(changedSince).compareTo(SETTLED) >= 0;
        if (settled && !changedAt.isKnown()) {
            changedAt = facts.position();
        }
        StandbyNames parameter =
                StandbyNames.parse(facts.synchronousStandbyNames()).orElse(null);
        if (parameter == null) {
            LOG.log(Level.WARNING, "Can not parse synchronous_standby_names = {0}", facts.synchronousStandbyNames());
            parameter = StandbyNames.OFF;
        }
        List<String> listed = parameter.names();
        for (Walsender sender : walsenders(facts)) {
            String name = sender.applicationName();
            if (changedAt.isKnown()
                    && listed.stream().anyMatch(name::equalsIgnoreCase)
                    && sender.flushed().compareTo(changedAt) >= 0
                    && !sender.isAhead()) {
                caughtUp.add(name);
            }
        }
        return parameter;
    }

    static List<Walsender> walsenders(Snapshot facts) {
        return facts.walSenders().stream()
                .map(w -> new Walsender(
                        w.pid(),
                        w.applicationName(),
                        w.clientAddress(),
                        w.slot(),
                        w.state(),
                        w.syncState(),
                        w.sent(),
                        w.written(),
                        w.flushed(),
                        w.replayed()))
                .toList();
    }

    private void report(List<Stranger> strangers) {
        for (Stranger stranger : strangers) {
            if (!reported.contains(stranger)) {
                LOG.log(
                        Level.WARNING,
                        "Walsender {0} streams as {1} but is not that member: {2}. {1} is not counted as synchronous"
                                + " standby",
                        Long.toString(stranger.pid()),
                        stranger.member(),
                        stranger.why());
            }
        }
        reported = Set.copyOf(strangers);
    }

    /**
     * A write of the key without a good answer, also of an agent of before, may still be on its way, and may have been applied behind
     * what was read since. Another write ends that: whatever comes later finds another version.
     *
     * @return the key as it is from now on; null when that is not known
     */
    private @Nullable SyncState settle(Situation s, SyncState key) {
        return put(key.isEmpty() ? new SyncState(s.me(), 0, List.of(), key.revision()) : key, key);
    }

    /** Null: not applied, as far as is known. */
    private @Nullable SyncState put(SyncState next, SyncState seen) {
        return noted(() -> store.put(Key.SYNC, next.toJson(), asSeen(seen)))
                        instanceof WriteOutcome.Applied(var revision, var _)
                ? new SyncState(next.leader(), next.quorum(), next.voters(), revision)
                : null;
    }

    /** What is not known to be applied may be applied later; what is ends all writes of before. */
    private WriteOutcome noted(Supplier<WriteOutcome> write) {
        unsettled = true;
        WriteOutcome outcome = write.get();
        unsettled = !outcome.isApplied();
        return outcome;
    }

    private @Nullable SyncState write(Situation s, SyncState key, SyncStep.WriteKey step) {
        SyncState written = put(new SyncState(s.me(), step.quorum(), step.voters(), key.revision()), key);
        if (written != null) {
            LOG.log(step.warning() ? Level.WARNING : Level.INFO, step.announcement());
            return written;
        }
        boolean unexpected = key.isEmpty() || step.warning();
        LOG.log(
                unexpected ? Level.WARNING : Level.INFO,
                unexpected ? "Updating sync state failed" : "Synchronous replication key updated by someone else");
        return null;
    }

    /** The placeholder is left only when no walsender counts by the names of before it; false: not in force yet. */
    private boolean changeTo(String value, Snapshot first) {
        MonotonicTime limit = time.now().plus(SETTLED);
        Snapshot facts = first;
        try {
            while (holdsEverything(facts) && facts.walSenders().stream().anyMatch(w -> w.syncPriority() > 0)) {
                if (!time.now().isBefore(limit)) {
                    return false;
                }
                time.sleep(SPREAD_POLL);
                facts = look(facts);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return assign(value);
    }

    /** Whether it is known to be in force; nothing is asked for when it is empty, and the configured one may stand there. */
    private boolean assign(String value) {
        if (value.isEmpty()) {
            postgres.setSynchronousStandbyNames("");
            return true;
        }
        LOG.log(Level.INFO, "Assigning synchronous_standby_names to {0}", value);
        return postgres.setSynchronousStandbyNames(value).equals(value);
    }

    private void hold(String value, boolean kept) {
        if (!kept) {
            assign(value);
        }
        if (!warnedOfHold) {
            warnedOfHold = true;
            String continued = kept ? "Continue using old value of synchronous_standby_names=\"" + value + "\". " : "";
            LOG.log(
                    Level.WARNING,
                    "No active replication connections from Patroni members and synchronous_mode_strict is requested. "
                            + continued + "Commits will be delayed.");
        }
    }

    private Snapshot look(Snapshot otherwise) {
        return postgres.observe().snapshot().orElse(otherwise);
    }

    private Snapshot awaitConfirmation(Snapshot first, List<String> active) {
        MonotonicTime limit = time.now().plus(CONFIRMATION_LIMIT);
        Snapshot facts = first;
        try {
            while (time.now().isBefore(limit)) {
                time.sleep(CONFIRMATION_POLL);
                facts = look(facts);
                List<String> listed = observe(facts).names();
                Set<String> waitedFor = facts.walSenders().stream()
                        .filter(w ->
                                w.syncState().equals("sync") || w.syncState().equals("quorum"))
                        .map(w -> w.applicationName().toLowerCase(Locale.ROOT))
                        .collect(Collectors.toSet());
                boolean all = active.stream()
                        .filter(name -> listed.stream().anyMatch(name::equalsIgnoreCase))
                        .allMatch(name -> caughtUp.contains(name) && waitedFor.contains(name.toLowerCase(Locale.ROOT)));
                if (all) {
                    return facts;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return facts;
    }
}
