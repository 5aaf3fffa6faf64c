package io.matriarch.ctl.patroni;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import io.matriarch.store.ToolStore;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The stores on the class path; the first configured one in the order of section names is used (contract config.md 2.6). */
final class InstalledStores implements StoreOpener {

    @Override
    public ToolStore open(ClusterPath path, JsonObject document) throws CommandFailure {
        var providers = new TreeMap<String, StoreProvider>();
        for (StoreProvider provider : ServiceLoader.load(StoreProvider.class)) {
            for (String section : provider.sections()) {
                providers.put(section, provider);
            }
        }
        for (Map.Entry<String, StoreProvider> entry : providers.entrySet()) {
            if (document.has(entry.getKey())) {
                JsonObject section = Json.object(document, entry.getKey()).orElseGet(JsonObject::new);
                try {
                    return entry.getValue()
                            .openForTool(new StoreContext(path, "", section, Timing.DEFAULT, TimeSource.system()));
                } catch (StoreConfigurationException e) {
                    throw new CommandFailure(String.valueOf(e.getMessage()), e);
                }
            }
        }
        throw new CommandFailure("Can not find suitable configuration of distributed configuration store\n"
                + "Available implementations: " + String.join(", ", providers.keySet()));
    }
}
