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
import java.util.ArrayList;
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
        return acquireLeader(List.of()).leader();
    }

    @Override
    public Acquired acquireLeader(List<Along> along) {
        MonotonicTime deadline = client.deadline();
        along.forEach(other -> copy.writing(other.key().path()));
        var held = new Lent();
        WriteOutcome leader = writeLeader(held, () -> {
            // What our member key was renewed with lately is good enough: nobody can write while we ask for more.
            MonotonicTime leasedAt = lease.renewIfOlder(timing.loopWait(), deadline);
            held.lease = lease.id();
            try {
                return createLeader(along, held, leasedAt, deadline);
            } catch (EtcdRefused e) {
                if (!e.isLeaseNotFound()) {
                    throw e;
                }
                LOG.log(Level.ERROR, "Our lease disappeared from Etcd. Will try to get a new one and retry attempt");
                lease.lost(held.lease);
                MonotonicTime grantedAt = lease.renew(deadline);
                held.lease = lease.id();
                return createLeader(along, held, grantedAt, deadline);
            }
        });
        WriteOutcome others = held.along ? leader : new WriteOutcome.Unknown("not written with the leader key");
        along.forEach(other -> entered(other.key().path(), other.value(), Lease.NONE, others));
        return new Acquired(
                leader, others instanceof WriteOutcome.Applied(Revision written, var _) ? written : Revision.NONE);
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
        var held = new Lent();
        return writeLeader(held, () -> {
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
        var held = new Lent();
        return writeLeader(held, () -> {
            MonotonicTime leasedAt = lease.renew(deadline);
            held.lease = lease.id();
            EtcdClient.Reply reply = client.call(
                    "kv/put", Wire.put(path.leader(), member, held.lease), EtcdClient.Effort.PERSISTENT, deadline);
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), leasedAt);
        });
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen) {
        return releaseLeader();
    }

    @Override
    public WriteOutcome releaseLeader(ClusterView seen, String lastStatus) {
        String status = Key.STATUS.path();
        copy.writing(status);
        return entered(
                status,
                lastStatus,
                Lease.NONE,
                releaseLeader(Wire.operation("put", Wire.put(path.key(Key.STATUS), lastStatus, Lease.NONE))));
    }

    /**
     * Removes the key only as long as it is bound to our lease of now, and gives that lease up when there is no answer: a request
     * that is applied late must not hit a key that we hold anew, for it would take the lock from under a primary.
     *
     * @param before what is done in the same transaction
     */
    private WriteOutcome releaseLeader(JsonObject... before) {
        MonotonicTime deadline = client.deadline();
        long held = lease.id() == Lease.NONE ? copy.leaseOfLeader() : lease.id();
        var operations = new ArrayList<>(List.of(before));
        operations.add(Wire.operation("delete_range", Wire.key(path.leader())));
        copy.writing(ClusterAssembler.LEADER);
        WriteOutcome outcome = EtcdWriter.outcome(() -> {
            var ours = List.of(Wire.ifValue(path.leader(), member), Wire.ifLease(path.leader(), held));
            JsonObject transaction = Wire.transaction(ours, operations, readLeader());
            EtcdClient.Reply reply = client.call("kv/txn", transaction, EtcdClient.Effort.ONCE, deadline);
            return Wire.succeeded(reply.body())
                    ? new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), reply.sentAt())
                    : new WriteOutcome.Refused("the leader key is not ours");
        });
        if (outcome instanceof WriteOutcome.Unknown) {
            lease.lost(held);
        }
        return entered(ClusterAssembler.LEADER, null, Lease.NONE, outcome);
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

    /** The lease that a write was bound to, and whether other keys were written with it. */
    private static final class Lent {
        private long lease = Lease.NONE;
        private boolean along;
    }

    private WriteOutcome writeLeader(Lent held, EtcdWriter.Attempt write) {
        copy.writing(ClusterAssembler.LEADER);
        WriteOutcome outcome = EtcdWriter.outcome(write);
        return entered(ClusterAssembler.LEADER, member, held.lease, outcome);
    }

    /**
     * Creates the leader key, with the others or, when these are not what they should be, alone. If it exists with our name and
     * lease, an unanswered attempt of ours has created it.
     */
    private WriteOutcome createLeader(List<Along> along, Lent held, MonotonicTime leasedAt, MonotonicTime deadline)
            throws EtcdRefused, EtcdUnreachable {
        var compares = new ArrayList<>(List.of(Wire.ifAbsent(path.leader())));
        var puts = new ArrayList<>(List.of(Wire.operation("put", Wire.put(path.leader(), member, held.lease))));
        for (Along other : along) {
            String key = path.key(other.key());
            switch (other.expectation()) {
                case Expectation.Any() -> {}
                case Expectation.Absent() -> compares.add(Wire.ifAbsent(key));
                case Expectation.Version(Revision expected) -> compares.add(Wire.ifVersion(key, expected.value()));
            }
            puts.add(Wire.operation("put", Wire.put(key, other.value(), Lease.NONE)));
        }
        JsonObject transaction = Wire.transaction(compares, puts, readLeader());
        EtcdClient.Reply reply = client.call("kv/txn", transaction, EtcdClient.Effort.PERSISTENT, deadline);
        if (Wire.succeeded(reply.body())) {
            held.along = true;
            return new WriteOutcome.Applied(new Revision(Wire.revision(reply.body())), leasedAt);
        }
        List<Wire.KeyValue> present = Wire.keyValues(Wire.firstResponse(reply.body(), "range"));
        if (present.isEmpty() && !along.isEmpty()) {
            WriteOutcome alone = createLeader(List.of(), held, leasedAt, deadline);
            held.along = false;
            return alone;
        }
        boolean ours = !present.isEmpty()
                && present.getFirst().value().equals(member)
                && present.getFirst().lease() == held.lease;
        return ours
                ? new WriteOutcome.Applied(new Revision(present.getFirst().modRevision()), leasedAt)
                : new WriteOutcome.Refused("Could not take out TTL lock");
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
