package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.store.Expectation;
import io.matriarch.store.WriteOutcome;

/**
 * Writes of keys that are bound to no lease, for agents and tools alike (contract dcs-etcd3.md 2.2).
 *
 * <p>A compare that fails after an earlier attempt may have been carried out says nothing: it may be our own write that
 * it met. That ends as unknown.
 */
final class EtcdWriter {

    private final EtcdClient client;
    private final ClusterPath path;

    EtcdWriter(EtcdClient client, ClusterPath path) {
        this.client = client;
        this.path = path;
    }

    WriteOutcome put(Key key, String value, Expectation expectation) {
        JsonObject put = Wire.put(path.key(key), value, Lease.NONE);
        return write(key, "kv/put", "put", put, expectation);
    }

    WriteOutcome delete(Key key, Expectation expectation) {
        return write(key, "kv/deleterange", "delete_range", Wire.key(path.key(key)), expectation);
    }

    WriteOutcome removeCluster() {
        MonotonicTime deadline = client.deadline();
        return outcome(() -> {
            EtcdClient.Reply reply =
                    client.call("kv/deleterange", Wire.prefix(path.prefix()), EtcdClient.Effort.PERSISTENT, deadline);
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), reply.sentAt());
        });
    }

    private WriteOutcome write(Key key, String call, String kind, JsonObject request, Expectation expectation) {
        EtcdClient.Effort effort = effortFor(key);
        MonotonicTime deadline = client.deadline();
        return outcome(() -> switch (expectation) {
            case Expectation.Any() -> {
                EtcdClient.Reply reply = client.call(call, request, effort, deadline);
                yield new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), reply.sentAt());
            }
            case Expectation.Absent() -> compared(key, Wire.ifAbsent(path.key(key)), kind, request, effort, deadline);
            case Expectation.Version(Revision expected) ->
                compared(key, Wire.ifVersion(path.key(key), expected.value()), kind, request, effort, deadline);
        });
    }

    private WriteOutcome compared(
            Key key,
            JsonObject compare,
            String kind,
            JsonObject request,
            EtcdClient.Effort effort,
            MonotonicTime deadline)
            throws EtcdRefused, EtcdUnreachable {
        JsonObject transaction = Wire.transaction(
                compare, Wire.operation(kind, request), Wire.operation("range", Wire.key(path.key(key))));
        EtcdClient.Reply reply = client.call("kv/txn", transaction, effort, deadline);
        if (Wire.succeeded(reply.body())) {
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), reply.sentAt());
        }
        return reply.repeated()
                ? new WriteOutcome.Unknown("the first attempt at " + key.path() + " had no answer, the second was late")
                : new WriteOutcome.Refused("the key " + key.path() + " was changed in the meantime");
    }

    /** Which writes are repeated (contract dcs-etcd3.md 2.5); a promotion waits for its number. */
    private static EtcdClient.Effort effortFor(Key key) {
        return switch (key) {
            case INITIALIZE, SYNC, RESERVED_TIMELINE, ELECTORATE -> EtcdClient.Effort.PERSISTENT;
            case CONFIG, STATUS, FAILOVER, HISTORY, FAILSAFE -> EtcdClient.Effort.ONCE;
        };
    }

    /** A write that may meet an error. */
    interface Attempt {
        WriteOutcome run() throws EtcdRefused, EtcdUnreachable;
    }

    /** Turns errors into outcomes. */
    static WriteOutcome outcome(Attempt attempt) {
        try {
            return attempt.run();
        } catch (EtcdRefused e) {
            return new WriteOutcome.Refused(String.valueOf(e.getMessage()));
        } catch (EtcdUnreachable e) {
            return new WriteOutcome.Unknown(String.valueOf(e.getMessage()));
        }
    }
}
