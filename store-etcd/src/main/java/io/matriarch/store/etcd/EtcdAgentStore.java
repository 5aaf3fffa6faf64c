package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreEvent;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.WriteOutcome;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store of an agent: one lease for the member key and the leader key, and a copy kept up to date by a watch. */
final class EtcdAgentStore implements AgentStore {

    private static final Logger LOG = System.getLogger("patroni.dcs.etcd3");

    private final EtcdClient client;
    private final ClusterPath path;
    private final String member;
    private final EtcdWriter writer;
    private final Lease lease;
    private final WatchedCopy copy;
    private volatile Timing timing;

    EtcdAgentStore(
            EtcdClient client, ClusterPath path, String member, Timing timing, TimeSource time, Threads threads) {
        this.client = client;
        this.path = path;
        this.member = member;
        this.timing = timing;
        this.writer = new EtcdWriter(client, path);
        this.lease = new Lease(client, time, threads, timing.ttl());
        this.copy = new WatchedCopy(client, path, member, timing, threads, lease::id);
        copy.start();
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        try {
            return copy.load(client.deadline());
        } catch (EtcdRefused e) {
            throw Unavailable.because(e);
        } catch (EtcdUnreachable e) {
            throw Unavailable.because(e);
        }
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        copy.writing(key.path());
        return entered(key.path(), value, Lease.NONE, writer.put(key, value, expectation));
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        copy.writing(key.path());
        return entered(key.path(), null, Lease.NONE, writer.delete(key, expectation));
    }

    @Override
    public WriteOutcome removeCluster() {
        WriteOutcome outcome = writer.removeCluster();
        copy.notWritten(ClusterAssembler.LEADER);
        return outcome;
    }

    @Override
    public WriteOutcome acquireLeader() {
        MonotonicTime deadline = client.deadline();
        return writeLeader(held -> {
            MonotonicTime leasedAt = lease.renew(deadline);
            held.lease = lease.id();
            try {
                return createLeader(held.lease, leasedAt, deadline);
            } catch (EtcdRefused e) {
                if (!e.isLeaseNotFound()) {
                    throw e;
                }
                LOG.log(Level.ERROR, "Our lease disappeared from Etcd. Will try to get a new one and retry attempt");
                lease.lost(held.lease);
                MonotonicTime grantedAt = lease.renew(deadline);
                held.lease = lease.id();
                return createLeader(held.lease, grantedAt, deadline);
            }
        });
    }

    @Override
    public WriteOutcome renewLeader(ClusterView seen) {
        return holdOn(true);
    }

    @Override
    public WriteOutcome confirmLeader(ClusterView seen) {
        return holdOn(false);
    }

    private WriteOutcome holdOn(boolean createIfGone) {
        MonotonicTime deadline = client.deadline();
        return writeLeader(held -> {
            MonotonicTime leasedAt = lease.renew(deadline);
            held.lease = lease.id();
            Revision bound = copy.heldLeader(held.lease);
            if (bound != null) {
                return new WriteOutcome.Applied(bound, leasedAt);
            }
            JsonObject put = Wire.operation("put", Wire.put(path.leader(), member, held.lease));
            JsonObject createIfAbsent = Wire.transaction(Wire.ifAbsent(path.leader()), put, readLeader());
            JsonObject transaction = Wire.transaction(
                    Wire.ifValue(path.leader(), member),
                    put,
                    createIfGone ? Wire.operation("txn", createIfAbsent) : readLeader());
            EtcdClient.Reply reply = client.call("kv/txn", transaction, EtcdClient.Effort.PERSISTENT, deadline);
            boolean written = Wire.succeeded(reply.body())
                    || (createIfGone && Wire.succeeded(Wire.firstResponse(reply.body(), "txn")));
            return written
                    ? new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), leasedAt)
                    : new WriteOutcome.Refused("the leader key is not ours any more");
        });
    }

    @Override
    public WriteOutcome takeLeader() {
        MonotonicTime deadline = client.deadline();
        return writeLeader(held -> {
            MonotonicTime leasedAt = lease.renew(deadline);
            held.lease = lease.id();
            EtcdClient.Reply reply = client.call(
                    "kv/put", Wire.put(path.leader(), member, held.lease), EtcdClient.Effort.PERSISTENT, deadline);
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), leasedAt);
        });
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen) {
        MonotonicTime deadline = client.deadline();
        copy.writing(ClusterAssembler.LEADER);
        return entered(ClusterAssembler.LEADER, null, Lease.NONE, EtcdWriter.outcome(() -> {
            JsonObject transaction = Wire.transaction(
                    Wire.ifValue(path.leader(), member),
                    Wire.operation("delete_range", Wire.key(path.leader())),
                    readLeader());
            EtcdClient.Reply reply = client.call("kv/txn", transaction, EtcdClient.Effort.ONCE, deadline);
            return Wire.succeeded(reply.body())
                    ? new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), reply.sentAt())
                    : new WriteOutcome.Refused("the leader key is not ours");
        }));
    }

    @Override
    public WriteOutcome publishMember(String value) {
        String key = ClusterAssembler.MEMBERS + member;
        MonotonicTime deadline = client.deadline();
        Lent held = new Lent();
        copy.writing(key);
        return EtcdWriter.outcome(() -> {
            try {
                // Half a period: a cycle that comes a little early must not skip the only keepalive of two periods.
                MonotonicTime leasedAt = lease.renewIfOlder(timing.loopWait().dividedBy(2), deadline);
                held.lease = lease.id();
                Revision same = copy.unchanged(key, value, held.lease);
                if (same != null) {
                    copy.wrote(key, value, same.value(), held.lease);
                    return new WriteOutcome.Applied(same, leasedAt);
                }
                EtcdClient.Reply reply = client.call(
                        "kv/put", Wire.put(path.member(member), value, held.lease), EtcdClient.Effort.ONCE, deadline);
                long revision = Wire.revision(reply.body());
                copy.wrote(key, value, revision, held.lease);
                return new WriteOutcome.Applied(new Revision(revision), leasedAt);
            } catch (EtcdRefused e) {
                copy.notWritten(key);
                if (e.isLeaseNotFound()) {
                    lease.lost(held.lease);
                    LOG.log(Level.ERROR, "Our lease disappeared from Etcd, can not \"touch_member\"");
                }
                throw e;
            } catch (EtcdUnreachable e) {
                copy.notWritten(key);
                throw e;
            }
        });
    }

    @Override
    public void applyTiming(Timing newTiming) {
        timing = newTiming;
        client.applyTiming(newTiming);
        copy.applyTiming(newTiming);
        lease.changeTtl(newTiming.ttl());
    }

    @Override
    public void applyConfiguration(JsonObject document) {
        Json.object(document, "etcd3").ifPresent(section -> {
            try {
                client.changeLogin(EtcdSettings.parse(section).login());
            } catch (StoreConfigurationException e) {
                LOG.log(Level.ERROR, "the former settings of etcd3 stay in force: {0}", e.getMessage());
            }
        });
    }

    @Override
    public void onEvent(Consumer<StoreEvent> listener) {
        copy.onEvent(listener);
    }

    @Override
    public void close() {
        copy.close();
        client.close();
    }

    /** The lease that a write was bound to. */
    private static final class Lent {
        private long lease = Lease.NONE;
    }

    private interface LeaderWrite {
        WriteOutcome run(Lent held) throws EtcdRefused, EtcdUnreachable;
    }

    private WriteOutcome writeLeader(LeaderWrite write) {
        var held = new Lent();
        copy.writing(ClusterAssembler.LEADER);
        WriteOutcome outcome = EtcdWriter.outcome(() -> write.run(held));
        return entered(ClusterAssembler.LEADER, member, held.lease, outcome);
    }

    /** Creates the leader key; if it exists with our name and lease, an unanswered attempt of ours has created it. */
    private WriteOutcome createLeader(long leaseId, MonotonicTime leasedAt, MonotonicTime deadline)
            throws EtcdRefused, EtcdUnreachable {
        JsonObject transaction = Wire.transaction(
                Wire.ifAbsent(path.leader()),
                Wire.operation("put", Wire.put(path.leader(), member, leaseId)),
                readLeader());
        EtcdClient.Reply reply = client.call("kv/txn", transaction, EtcdClient.Effort.PERSISTENT, deadline);
        if (Wire.succeeded(reply.body())) {
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), leasedAt);
        }
        List<Wire.KeyValue> present = Wire.keyValues(Wire.firstResponse(reply.body(), "range"));
        if (!present.isEmpty()
                && present.getFirst().value().equals(member)
                && present.getFirst().lease() == leaseId) {
            return new WriteOutcome.Applied(new Revision(present.getFirst().modRevision()), leasedAt);
        }
        return new WriteOutcome.Refused("Could not take out TTL lock");
    }

    private JsonObject readLeader() {
        return Wire.operation("range", Wire.key(path.leader()));
    }

    /** Enters the outcome of a write in the copy. */
    private WriteOutcome entered(String key, @Nullable String value, long leaseId, WriteOutcome outcome) {
        switch (outcome) {
            case WriteOutcome.Applied(Revision revision, var _) -> copy.wrote(key, value, revision.value(), leaseId);
            case WriteOutcome.Refused _, WriteOutcome.Unknown _ -> copy.notWritten(key);
        }
        return outcome;
    }
}
