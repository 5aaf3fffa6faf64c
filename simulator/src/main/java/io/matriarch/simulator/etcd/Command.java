package io.matriarch.simulator.etcd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What goes through etcd's log. */
sealed interface Command {

    record Grant(long lease, long ttlSeconds) implements Command {}

    record Revoke(long lease) implements Command {}

    /** {@code success} when all comparisons hold, else {@code failure}; a plain put is one without comparisons. */
    record Transaction(List<Compare> comparisons, List<Operation> success, List<Operation> failure)
            implements Command {}

    /** What a comparison looks at. */
    enum Target {
        CREATE,
        MOD,
        VALUE,
        LEASE
    }

    record Compare(String key, Target target, String expected) {}

    /** One operation of a transaction. */
    sealed interface Operation {
        record Put(String key, String value, long lease) implements Operation {}

        record Delete(Range range) implements Operation {}

        record Read(Range range) implements Operation {}

        record Nested(Transaction transaction) implements Operation {}
    }

    /** @param end exclusive; null: just the key */
    record Range(String key, @Nullable String end) {
        boolean contains(String other) {
            return end == null ? other.equals(key) : other.compareTo(key) >= 0 && other.compareTo(end) < 0;
        }
    }
}
