package io.matriarch.engine;

import io.matriarch.engine.LocalPostgres.DataDirectory;
import io.matriarch.engine.Memory.BootstrapPhase;
import io.matriarch.model.Member;
import io.matriarch.model.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Empty data directory, bootstrap, joining, identity (contract ha-loop.md 6). */
final class BootstrapRules {

    private BootstrapRules() {}

    /** The end of a bootstrap that this node ran (6.3). */
    static @Nullable Verdict decideEnd(Situation s) {
        BootstrapPhase phase = s.memory().bootstrap();
        if (phase == BootstrapPhase.NONE) {
            return null;
        }
        if (phase == BootstrapPhase.FAILED || !s.local().running()) {
            return Verdict.end(
                    Rule.BOOTSTRAP_FAILED,
                    new Step.FailBootstrap(),
                    "failed to bootstrap the cluster",
                    List.of(Reason.info("removing initialize key after failed attempt to bootstrap the cluster")));
        }
        if (phase == BootstrapPhase.DONE) {
            return Verdict.end(Rule.BOOTSTRAP_END, new Step.FinishBootstrap(), "initialized a new cluster");
        }
        return s.local().primaryHere()
                ? Verdict.end(Rule.BOOTSTRAP, new Step.PostBootstrap(), "running post_bootstrap")
                : Verdict.rest(Rule.BOOTSTRAP, "waiting for end of recovery after bootstrap");
    }

    /** Is there a data directory, and is it ours? (6.1, 6.2, 6.4) */
    static @Nullable Verdict decideDataDirectory(Situation s) {
        return switch (s.local().dataDirectory()) {
            case INACCESSIBLE ->
                withoutData(s, "data directory is not accessible: " + s.local().dataDirectoryError());
            case EMPTY -> withoutData(s, null);
            case PRESENT -> {
                String cutOff = s.memory().interruptedRejoin();
                yield cutOff == null ? decideIdentity(s) : decideInterrupted(s, cutOff);
            }
        };
    }

    private static Verdict withoutData(Situation s, @Nullable String inaccessible) {
        if (!s.answers().isSettled(Step.EnterUninitialized.class)) {
            return Verdict.then(Rule.EMPTY_DATA_DIRECTORY, new Step.EnterUninitialized());
        }
        if (s.local().running()) {
            return Verdict.rest(
                    Rule.EMPTY_DATA_DIRECTORY,
                    "PostgreSQL runs without its data directory and could not be stopped",
                    Reason.error("PostgreSQL could not be stopped although its data directory is "
                            + (inaccessible == null ? "empty" : "not accessible")));
        }
        if (s.hasLock()) {
            return Verdict.end(
                    Rule.EMPTY_DATA_DIRECTORY,
                    new Step.ReleaseLock(),
                    inaccessible == null
                            ? "released leader key voluntarily as data dir empty and currently leader"
                            : "released leader key voluntarily as data dir not accessible and currently leader");
        }
        if (inaccessible != null) {
            return Verdict.rest(
                    Rule.EMPTY_DATA_DIRECTORY,
                    inaccessible,
                    Reason.error(inaccessible
                            + ". Check that its file system is mounted, and that the user of the agent" + " owns it"));
        }
        if (s.isPaused()) {
            return Verdict.rest(Rule.EMPTY_DATA_DIRECTORY, "running with empty data directory");
        }
        return decideJoin(s);
    }

    private static Verdict decideJoin(Situation s) {
        if (!s.view().isUnlocked()) {
            return cloneFromMember(s, Rule.CLONE);
        }
        if (LostStore.is(s)) {
            return Verdict.rest(
                    Rule.CLONE,
                    waiting(s),
                    Reason.warning("the store has lost its data: whoever has the cluster's data must lead first")
                            .because("to begin a new cluster here instead, restart this agent"));
        }
        if (s.view().initialize() == null && !s.tags().nofailover() && s.mayBootstrap()) {
            return switch (s.answers().initializeRace()) {
                case NOT_TRIED, UNKNOWN -> Verdict.then(Rule.BOOTSTRAP, new Step.RaceForInitialize());
                case APPLIED ->
                    s.config().isStandbyCluster()
                            ? Verdict.end(
                                    Rule.STANDBY_BOOTSTRAP,
                                    new Step.BootstrapStandbyLeader(),
                                    "trying to bootstrap a new standby leader")
                            : Verdict.end(Rule.BOOTSTRAP, new Step.Bootstrap(), "trying to bootstrap a new cluster");
                case REFUSED -> Verdict.rest(Rule.BOOTSTRAP, "failed to acquire initialize lock");
            };
        }
        if (s.mayCloneWithoutLeader() && !"".equals(s.view().initialize())) {
            return Verdict.end(Rule.CLONE, new Step.Clone(null), "trying to bootstrap (without leader)");
        }
        return Verdict.rest(Rule.CLONE, waiting(s));
    }

    private static String waiting(Situation s) {
        return "waiting for " + (s.config().isStandbyCluster() ? "standby_leader" : "leader") + " to bootstrap";
    }

    private static Verdict cloneFromMember(Situation s, Rule rule, Reason... why) {
        Member source = s.view().isUnlocked() ? null : CloneSources.choose(s.view(), s.me(), s.pick());
        if (source == null) {
            return Verdict.rest(rule, waiting(s), why);
        }
        String kind = s.view().isLeader(source.name()) ? "leader" : "replica";
        return Verdict.end(
                rule,
                new Step.Clone(source.name()),
                "trying to bootstrap from " + kind + " '" + source.name() + "'",
                List.of(why));
    }

    /** A half-made data directory is never started: it is made again from a member, whatever it was to become. */
    private static @Nullable Verdict decideInterrupted(Situation s, String cutOff) {
        if (s.memory().task() != null) {
            return null;
        }
        var why = Reason.warning("the data directory is incomplete: " + cutOff + " was interrupted");
        if (s.hasLock()) {
            return Verdict.end(
                    Rule.REJOIN_INTERRUPTED,
                    new Step.ReleaseLock(),
                    "released leader key voluntarily as data dir is incomplete",
                    List.of(why));
        }
        if (s.isPaused()) {
            return Verdict.rest(Rule.REJOIN_INTERRUPTED, "data dir is incomplete, waiting for the end of pause", why);
        }
        return cloneFromMember(s, Rule.REJOIN_INTERRUPTED, why);
    }

    private static @Nullable Verdict decideIdentity(Situation s) {
        String mine = s.local().systemIdentifier();
        if (mine == null) {
            return Verdict.rest(
                    Rule.FOREIGN_DATA,
                    "data dir for the cluster is not empty, but system ID is invalid; consider doing reinitialize");
        }
        String theirs = s.view().initialize();
        if (s.view().hasValidInitialize() && !mine.equals(theirs)) {
            if (!s.isPaused()) {
                return Verdict.end(
                        Rule.FOREIGN_DATA,
                        new Step.Exit(1, true),
                        "system ID mismatch",
                        List.of(Reason.critical("system ID mismatch, node " + s.me()
                                + " belongs to a different cluster: " + theirs + " != " + mine
                                + "; check scope and postgresql.data_dir, or move the data directory away to have"
                                + " this cluster cloned")));
            }
            var warning = Reason.warning("system ID has changed while in paused mode. Patroni will exit when resuming "
                    + "unless system ID is reset: " + theirs + " != " + mine);
            return s.hasLock()
                    ? Verdict.end(
                            Rule.FOREIGN_DATA,
                            new Step.ReleaseLock(),
                            "released leader key voluntarily due to the system ID mismatch",
                            List.of(warning))
                    : null;
        }
        if (!s.view().hasValidInitialize()
                && s.view().isUnlocked()
                && !s.isPaused()
                && !s.memory().callbackCalled()
                && !s.answers().isSettled(Step.WriteInitialize.class)) {
            if (s.local().running() && !s.local().primaryHere() && s.local().role() == Role.REPLICA) {
                return Verdict.end(
                        Rule.SYSTEM_IDENTIFIER,
                        new Step.Exit(1, false),
                        "no initialize key",
                        List.of(
                                Reason.error("No initialize key in DCS and PostgreSQL is running as replica, aborting"
                                        + " start"),
                                Reason.error("Please first start Patroni on the node running as primary")));
            }
            return Verdict.then(Rule.SYSTEM_IDENTIFIER, new Step.WriteInitialize(mine));
        }
        return null;
    }

    /** Whether anything can be run at all. */
    static boolean hasData(Situation s) {
        return s.local().dataDirectory() == DataDirectory.PRESENT;
    }
}
