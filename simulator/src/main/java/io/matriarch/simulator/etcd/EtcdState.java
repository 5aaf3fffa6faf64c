package io.matriarch.simulator.etcd;

import io.matriarch.simulator.etcd.Command.Compare;
import io.matriarch.simulator.etcd.Command.Operation;
import io.matriarch.simulator.etcd.Command.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The replicated state machine: what one member has applied. The same commands give the same state. */
final class EtcdState {

    static final long NO_LEASE = 0;

    private static final int NOT_FOUND = 5;
    private static final Result NO_LEASE_FOUND = new Result.Failed(NOT_FOUND, "etcdserver: requested lease not found");

    /** A key. */
    record Cell(String value, long created, long modified, long version, long lease) {}

    /** @param after null: removed */
    record Change(String key, @Nullable Cell after) {}

    private final TreeMap<String, Cell> keys = new TreeMap<>();
    /** Lifetimes in seconds. */
    private final TreeMap<Long, Long> leases = new TreeMap<>();

    private long revision = 1;

    long revision() {
        return revision;
    }

    /** The lifetime of a lease in seconds; null: there is none. */
    @Nullable
    Long ttl(long lease) {
        return leases.get(lease);
    }

    List<Long> leases() {
        return List.copyOf(leases.keySet());
    }

    EtcdState copy() {
        var copy = new EtcdState();
        copy.keys.putAll(keys);
        copy.leases.putAll(leases);
        copy.revision = revision;
        return copy;
    }

    Result.Found read(Range range) {
        var found = new ArrayList<Map.Entry<String, Cell>>();
        within(range).forEach((key, cell) -> found.add(Map.entry(key, cell)));
        return new Result.Found(found);
    }

    /** Applies a command; what it changed is added to {@code changes}. */
    Result apply(Command command, List<Change> changes) {
        long before = revision;
        Result result = switch (command) {
            case Command.Grant(var lease, var ttl) -> {
                leases.put(lease, ttl);
                yield new Result.Granted(lease, ttl);
            }
            case Command.Revoke(var lease) -> revoke(lease, changes);
            case Command.Transaction transaction ->
                knowsLeases(transaction) ? run(transaction, before + 1, changes) : NO_LEASE_FOUND;
        };
        if (!changes.isEmpty()) {
            revision = before + 1;
        }
        return result;
    }

    private Result revoke(long lease, List<Change> changes) {
        if (leases.remove(lease) == null) {
            return NO_LEASE_FOUND;
        }
        var bound = new TreeSet<String>();
        keys.forEach((key, cell) -> {
            if (cell.lease() == lease) {
                bound.add(key);
            }
        });
        bound.forEach(key -> remove(key, changes));
        return new Result.Revoked();
    }

    private boolean knowsLeases(Command.Transaction transaction) {
        return knowsLeases(transaction.success()) && knowsLeases(transaction.failure());
    }

    /** As etcd does it: every put of the branches is checked before anything happens. */
    private boolean knowsLeases(List<Operation> operations) {
        return operations.stream().allMatch(operation -> switch (operation) {
            case Operation.Put put -> put.lease() == NO_LEASE || leases.containsKey(put.lease());
            case Operation.Nested(var nested) -> knowsLeases(nested);
            case Operation.Delete _, Operation.Read _ -> true;
        });
    }

    private Result.Branch run(Command.Transaction transaction, long at, List<Change> changes) {
        boolean succeeded = transaction.comparisons().stream().allMatch(this::holds);
        var results = new ArrayList<Result>();
        for (Operation operation : succeeded ? transaction.success() : transaction.failure()) {
            results.add(
                    switch (operation) {
                        case Operation.Put put -> put(put, at, changes);
                        case Operation.Delete(var range) -> delete(range, changes);
                        case Operation.Read(var range) -> read(range);
                        case Operation.Nested(var nested) -> run(nested, at, changes);
                    });
        }
        return new Result.Branch(succeeded, results);
    }

    private Result put(Operation.Put put, long at, List<Change> changes) {
        Cell before = keys.get(put.key());
        var after = before == null
                ? new Cell(put.value(), at, at, 1, put.lease())
                : new Cell(put.value(), before.created(), at, before.version() + 1, put.lease());
        keys.put(put.key(), after);
        changes.add(new Change(put.key(), after));
        return new Result.Put();
    }

    private Result delete(Range range, List<Change> changes) {
        List<String> found = List.copyOf(within(range).keySet());
        found.forEach(key -> remove(key, changes));
        return new Result.Deleted(found.size());
    }

    private void remove(String key, List<Change> changes) {
        keys.remove(key);
        changes.add(new Change(key, null));
    }

    private boolean holds(Compare compare) {
        Cell cell = keys.get(compare.key());
        return switch (compare.target()) {
            case CREATE -> compare.expected().equals(Long.toString(cell == null ? 0 : cell.created()));
            case MOD -> compare.expected().equals(Long.toString(cell == null ? 0 : cell.modified()));
            case VALUE -> cell != null && compare.expected().equals(cell.value());
            case LEASE -> cell != null && compare.expected().equals(Long.toString(cell.lease()));
        };
    }

    private NavigableMap<String, Cell> within(Range range) {
        String end = range.end();
        return end == null
                ? keys.subMap(range.key(), true, range.key(), true)
                : keys.subMap(range.key(), true, end, false);
    }
}
