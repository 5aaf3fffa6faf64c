package io.matriarch.simulator.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.StoreTwin;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One server of the cluster: what it has applied, who watches at it, and what it answers. */
public final class EtcdMember implements StoreTwin.Member {

    private final EtcdCluster cluster;
    private final String name;
    private EtcdState state = new EtcdState();
    private long applied;
    private long knownTerm;
    private boolean alive = true;
    private Duration lag = Duration.ZERO;
    private final List<Watch> watches = new ArrayList<>();

    EtcdMember(EtcdCluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
        this.knownTerm = cluster.term();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isAlive() {
        return alive;
    }

    EtcdState state() {
        return state;
    }

    Duration lag() {
        return lag;
    }

    // ---- faults

    @Override
    public void crash() {
        if (alive) {
            alive = false;
            endWatches();
            cluster.topologyChanged();
        }
    }

    @Override
    public void restart() {
        if (!alive) {
            alive = true;
            cluster.topologyChanged();
        }
    }

    @Override
    public void lag(Duration later) {
        lag = later;
    }

    @Override
    public void disturbWatches(long how) {
        switch (Math.floorMod(how, 3)) {
            case 0 -> silenceWatches();
            case 1 -> cancelWatches();
            default -> endWatches();
        }
    }

    /** Ends every watch at this member with the connection. */
    public void endWatches() {
        List.copyOf(watches).forEach(Watch::end);
        watches.clear();
    }

    /** Every watch at this member stays open and never says anything again. */
    public void silenceWatches() {
        watches.clear();
    }

    /** Every watch at this member is cancelled, while its connection stays open. */
    public void cancelWatches() {
        for (Watch watch : watches) {
            var result = new JsonObject();
            result.add("header", header());
            result.addProperty("canceled", true);
            result.addProperty("cancel_reason", "etcdserver: mvcc: required revision has been compacted");
            watch.say(result);
        }
        watches.clear();
    }

    // ---- the log

    /** The leader applied an entry that it has just appended. */
    void applied(EtcdCluster.Entry entry) {
        applied = cluster.lastEntry();
        knownTerm = cluster.term();
        tell(entry);
    }

    /** Applies what was committed meanwhile. */
    void catchUp() {
        knownTerm = cluster.term();
        if (applied < cluster.firstEntry()) {
            EtcdMember leader = cluster.leader();
            if (leader == null || leader == this) {
                return;
            }
            state = leader.state.copy();
            applied = leader.applied;
            endWatches();
        }
        while (applied < cluster.lastEntry()) {
            EtcdCluster.Entry entry = cluster.entry(applied);
            if (entry == null) {
                return;
            }
            state.apply(entry.command(), new ArrayList<>());
            applied++;
            tell(entry);
        }
    }

    void forget() {
        state = new EtcdState();
        applied = 0;
        endWatches();
    }

    private void tell(EtcdCluster.Entry entry) {
        if (!entry.changes().isEmpty()) {
            // Most clients watch the same keys: what they are told is put into words once.
            var lines = new HashMap<Command.Range, String>();
            for (Watch watch : watches) {
                watch.say(lines.computeIfAbsent(watch.range, range -> line(range, entry)));
            }
        }
    }

    // ---- requests

    private JsonObject header() {
        var header = new JsonObject();
        header.addProperty("cluster_id", Long.toString(cluster.clusterId()));
        header.addProperty("revision", Long.toString(state.revision()));
        header.addProperty("raft_term", Long.toString(knownTerm));
        return header;
    }

    /** Carries out a request of the gateway and answers it with a document at some time. */
    void handle(String path, JsonObject request, Consumer<JsonObject> reply) {
        Consumer<Result> answer = result -> {
            if (alive) {
                reply.accept(Gateway.answer(header(), result));
            }
        };
        switch (path) {
            case "kv/range" -> {
                Command.Range range = Gateway.range(request);
                if (Json.bool(request, "serializable").orElse(false)) {
                    answer.accept(state.read(range));
                } else {
                    cluster.readIndex(this, () -> answer.accept(state.read(range)), answer);
                }
            }
            case "kv/put" -> cluster.propose(this, Gateway.put(request), answer);
            case "kv/deleterange" -> cluster.propose(this, Gateway.delete(request), answer);
            case "kv/txn" -> cluster.propose(this, Gateway.transaction(request), answer);
            case "lease/grant" ->
                cluster.propose(this, new Command.Grant(cluster.nextLease(), Gateway.number(request, "TTL")), answer);
            case "lease/keepalive" ->
                cluster.keepAlive(this, Gateway.number(request, "ID"), result -> {
                    if (alive) {
                        JsonObject body = Gateway.answer(header(), result);
                        reply.accept(result instanceof Result.Failed ? body : wrapped(body));
                    }
                });
            case "cluster/member/list" -> reply.accept(memberList());
            default -> throw new IllegalArgumentException("unknown request " + path);
        }
    }

    static JsonObject version() {
        var version = new JsonObject();
        version.addProperty("etcdserver", "3.5.17");
        version.addProperty("etcdcluster", "3.5.0");
        return version;
    }

    private JsonObject memberList() {
        var members = new JsonArray();
        for (EtcdMember member : cluster.members()) {
            var urls = new JsonArray();
            urls.add("http://" + member.name + ":2379");
            var each = new JsonObject();
            each.addProperty("name", member.name);
            each.add("clientURLs", urls);
            members.add(each);
        }
        var list = new JsonObject();
        list.add("header", header());
        list.add("members", members);
        return list;
    }

    private static JsonObject wrapped(JsonObject body) {
        var document = new JsonObject();
        document.add("result", body);
        return document;
    }

    // ---- watches

    private static String line(JsonObject result) {
        return Json.compact(wrapped(result)) + "\n";
    }

    /** What a watch of these keys says about an entry; empty: nothing. */
    private String line(Command.Range range, EtcdCluster.Entry entry) {
        var events = new JsonArray();
        for (EtcdState.Change change : entry.changes()) {
            if (range.contains(change.key())) {
                events.add(Gateway.event(change, entry.revision()));
            }
        }
        if (events.isEmpty()) {
            return "";
        }
        var result = new JsonObject();
        result.add("header", header());
        result.add("events", events);
        return line(result);
    }

    /** A stream of changes to one client. */
    final class Watch {
        private final Command.Range range;
        private final Network.Stream stream;
        private final Consumer<@Nullable String> client;

        private Watch(Command.Range range, Network.Stream stream, Consumer<@Nullable String> client) {
            this.range = range;
            this.stream = stream;
            this.client = client;
        }

        private void say(JsonObject result) {
            say(line(result));
        }

        /** @param line empty: there is nothing to say */
        private void say(String line) {
            if (!line.isEmpty()) {
                stream.send(() -> client.accept(line));
            }
        }

        private void end() {
            stream.send(() -> client.accept(null));
        }

        /** The client has gone. */
        void close() {
            stream.close();
            watches.remove(this);
        }
    }

    /**
     * Begins a watch.
     *
     * @param client gets the lines of the answer as they arrive; null: the server ended the connection
     */
    Watch watch(JsonObject request, String clientName, Consumer<@Nullable String> client) {
        JsonObject create = Json.object(request, "create_request").orElseGet(JsonObject::new);
        long from = Gateway.number(create, "start_revision");
        var watch = new Watch(Gateway.range(create), cluster.network.stream(name, clientName, "etcd watch"), client);
        var created = new JsonObject();
        created.add("header", header());
        created.addProperty("created", true);
        watch.say(created);
        for (long number = cluster.firstEntrySince(from, applied); number < applied; number++) {
            EtcdCluster.Entry entry = cluster.entry(number);
            if (entry != null && entry.revision() >= from && !entry.changes().isEmpty()) {
                watch.say(line(watch.range, entry));
            }
        }
        watches.add(watch);
        return watch;
    }
}
