package io.matriarch.engine;

import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.DynamicConfig.SynchronousMode;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Tags;
import io.matriarch.model.Timing;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a decision may look at. Built once at the beginning of a cycle; each outcome makes a new one.
 *
 * @param me our name
 * @param tags our own tags
 * @param now monotonic time of this look
 * @param wallClock wall-clock time of this look
 * @param view the store's picture
 * @param ledView the last picture that had a leader ("old view")
 * @param config the dynamic configuration in force
 * @param mayBootstrap whether the local configuration has a {@code bootstrap} section
 * @param mayCloneWithoutLeader whether some clone method needs no source
 * @param pick random number that picks between equal clone sources; any value is right
 */
public record Situation(
        String me,
        Tags tags,
        MonotonicTime now,
        Instant wallClock,
        ClusterView view,
        ClusterView ledView,
        DynamicConfig config,
        Timing timing,
        LocalPostgres local,
        Memory memory,
        Answers answers,
        boolean mayBootstrap,
        boolean mayCloneWithoutLeader,
        int pick) {

    /** The view names us as leader. */
    public boolean hasLock() {
        return view.isLeader(me);
    }

    public boolean isPaused() {
        return config.isPaused();
    }

    /** Synchronous mode is on and somebody wrote a sync state: only its members may be trusted to hold all commits. */
    public boolean isSyncActive() {
        return config.isSynchronous() && !view.sync().isEmpty();
    }

    /**
     * The sync state counts votes. While the mode is being changed to priority the key of before still needs them: with fewer
     * votes somebody could lead who lacks what was acknowledged.
     */
    public boolean isQuorumActive() {
        return isSyncActive()
                && (config.synchronousMode() == SynchronousMode.QUORUM
                        || view.sync().quorum() > 0);
    }

    /** Members of the old view, of the failsafe map and of the present view; the later one wins per name (8.2.9). */
    public Map<String, Member> knownMembers() {
        var known = new TreeMap<>(ledView.members());
        if (config.failsafeMode()) {
            view.failsafeMembers().forEach(m -> known.put(m.name(), m));
        }
        known.putAll(view.members());
        return Collections.unmodifiableMap(known);
    }

    public Situation with(Answers newAnswers) {
        return new Situation(
                me,
                tags,
                now,
                wallClock,
                view,
                ledView,
                config,
                timing,
                local,
                memory,
                newAnswers,
                mayBootstrap,
                mayCloneWithoutLeader,
                pick);
    }

    public Situation with(Memory newMemory) {
        return new Situation(
                me,
                tags,
                now,
                wallClock,
                view,
                ledView,
                config,
                timing,
                local,
                newMemory,
                answers,
                mayBootstrap,
                mayCloneWithoutLeader,
                pick);
    }

    public Situation with(ClusterView newView) {
        return new Situation(
                me,
                tags,
                now,
                wallClock,
                newView,
                ledView,
                config,
                timing,
                local,
                memory,
                answers,
                mayBootstrap,
                mayCloneWithoutLeader,
                pick);
    }

    public Situation with(LocalPostgres newLocal) {
        return new Situation(
                me,
                tags,
                now,
                wallClock,
                view,
                ledView,
                config,
                timing,
                newLocal,
                memory,
                answers,
                mayBootstrap,
                mayCloneWithoutLeader,
                pick);
    }
}
