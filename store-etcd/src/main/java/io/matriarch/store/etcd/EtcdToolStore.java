package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Key;
import io.matriarch.model.Revision;
import io.matriarch.store.ClusterAssembler;
import io.matriarch.store.ClusterStore;
import io.matriarch.store.Expectation;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.StoredValue;
import io.matriarch.store.WriteOutcome;
import java.util.HashMap;

/** The store of a tool: linearizable reads, no lease, no thread that outlives a call by much. */
final class EtcdToolStore implements ClusterStore {

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
        JsonObject request = Wire.prefix(path.prefix());
        request.addProperty("serializable", false);
        try {
            JsonObject answer = client.call("kv/range", request, EtcdClient.Effort.PERSISTENT, client.deadline())
                    .body();
            var values = new HashMap<String, StoredValue>();
            for (Wire.KeyValue kv : Wire.keyValues(answer)) {
                values.put(
                        kv.key().substring(path.prefix().length()),
                        new StoredValue(kv.value(), new Revision(kv.modRevision()), false));
            }
            return ClusterAssembler.assemble(values);
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
