package io.matriarch.engine.sync;

import java.util.Collection;
import java.util.List;

/** One change of the synchronous set: either the key or the parameter, never both. */
public sealed interface SyncStep {

    /**
     * Write the key, with us as leader, if nobody else changed it.
     *
     * @param announcement the log line; empty: none
     * @param warning whether the line is a warning
     */
    record WriteKey(int quorum, List<String> voters, String announcement, boolean warning) implements SyncStep {
        public WriteKey {
            voters = List.copyOf(voters);
        }

        /** 1.3 */
        static WriteKey enable() {
            return new WriteKey(0, List.of(), "Enabled synchronous replication", false);
        }

        static WriteKey quorum(String me, int quorum, Collection<String> voters, boolean repair) {
            String change = "Setting leader to " + me + ", quorum to " + quorum + " of ("
                    + String.join(", ", Names.of(voters)) + ")";
            return new WriteKey(
                    quorum,
                    List.copyOf(voters),
                    repair ? "Inconsistent state of quorum commit detected. " + change : change,
                    repair);
        }
    }

    /** Set {@code synchronous_standby_names}; empty: remove it. */
    record SetParameter(String value) implements SyncStep {}

    /** Wait for standbys to become confirmed, then look again. */
    record AwaitConfirmation() implements SyncStep {}

    /**
     * Strict mode without any standby (1.5): commits wait rather than be lost. The key stays.
     *
     * @param value what the parameter must be
     * @param kept whether it is that already
     */
    record Hold(String value, boolean kept) implements SyncStep {

        static Hold of(StandbyNames parameter, String placeholder, Collection<String> voters, int quorum) {
            boolean kept = parameter.holdsEverything()
                    || (!voters.isEmpty() && SpreadingReload.keepsThePromise(parameter, parameter, voters, quorum));
            return kept ? new Hold(parameter.value(), true) : new Hold(placeholder, false);
        }
    }

    record Done() implements SyncStep {}
}
