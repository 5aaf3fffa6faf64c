package io.matriarch.engine.sync;

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
    }

    /** Set {@code synchronous_standby_names}; empty: remove it. */
    record SetParameter(String value) implements SyncStep {}

    /** Wait for standbys to become confirmed, then look again. */
    record AwaitConfirmation() implements SyncStep {}

    /** Strict mode without any standby: commits will wait. */
    record Hold(String value, boolean kept) implements SyncStep {}

    record Done() implements SyncStep {}
}
