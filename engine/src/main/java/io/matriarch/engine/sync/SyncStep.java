package io.matriarch.engine.sync;

import io.matriarch.model.SyncState;
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

        static Hold priority(SyncState key, StandbyNames parameter) {
            int count = Math.max(1, key.voters().size());
            String value =
                    key.voters().isEmpty() ? StandbyNames.PLACEHOLDER : StandbyNames.priority(key.voters(), count);
            return new Hold(value, says(parameter, StandbyNames.Method.PRIORITY, key, count));
        }

        static Hold quorum(SyncState key, StandbyNames parameter) {
            int count = count(key);
            String value = key.voters().isEmpty()
                    ? StandbyNames.quorumPlaceholder()
                    : StandbyNames.quorum(key.voters(), count);
            return new Hold(value, says(parameter, StandbyNames.Method.QUORUM, key, count));
        }

        private static int count(SyncState key) {
            return Math.max(1, key.voters().size() - key.quorum());
        }

        private static boolean says(StandbyNames parameter, StandbyNames.Method method, SyncState key, int count) {
            return parameter.method() == method
                    && parameter.count() == count
                    && Names.same(parameter.names(), key.voters());
        }
    }

    record Done() implements SyncStep {}
}
