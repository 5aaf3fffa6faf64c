package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.StoredValue;
import io.matriarch.store.ToolStore;
import io.matriarch.store.WriteOutcome;
import java.util.HashMap;
import java.util.List;
import java.util.SortedSet;

/** The store of a tool: linearizable reads, no lease, no thread that outlives a call by much. */
final class EtcdToolStore implements ToolStore {

    private final EtcdClient client;
    private final ClusterPath path;
    private final EtcdWriter writer;

    EtcdToolStore(EtcdClient client, ClusterPath path) {
        this.client = client;
        this.path = path;
        this.writer = new EtcdWriter(client, path);
    }

    @Override
    public ClusterView load() throws StoreUnavailableException {
        var values = new HashMap<String, StoredValue>();
        for (Wire.KeyValue kv : read(false)) {
            values.put(relative(kv), new StoredValue(kv.value(), new Revision(kv.modRevision()), false));
        }
        return ClusterAssembler.assemble(values);
    }

    @Override
    public SortedSet<Integer> groups() throws StoreUnavailableException {
        return ClusterAssembler.groups(read(true).stream().map(this::relative).toList());
    }

    private String relative(Wire.KeyValue kv) {
        return kv.key().substring(path.prefix().length());
    }

    private List<Wire.KeyValue> read(boolean keysOnly) throws StoreUnavailableException {
        JsonObject request = Wire.prefix(path.prefix());
        request.addProperty("serializable", false);
        request.addProperty("keys_only", keysOnly);
        try {
            return Wire.keyValues(client.call("kv/range", request, EtcdClient.Effort.PERSISTENT, client.deadline())
                    .body());
        } catch (EtcdRefused e) {
            throw Unavailable.because(e);
        } catch (EtcdUnreachable e) {
            throw Unavailable.because(e);
        }
    }

    @Override
    public WriteOutcome put(Key key, String value, Expectation expectation) {
        return writer.put(key, value, expectation);
    }

    @Override
    public WriteOutcome delete(Key key, Expectation expectation) {
        return writer.delete(key, expectation);
    }

    @Override
    public WriteOutcome removeCluster() {
        return writer.removeCluster();
    }

    @Override
    public void close() {
        client.close();
    }
}
