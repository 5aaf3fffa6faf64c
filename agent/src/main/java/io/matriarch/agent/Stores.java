package io.matriarch.agent;

import com.google.gson.JsonObject;
import io.matriarch.agent.AgentLife.OpenedStore;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.store.StoreConfigurationException;
import io.matriarch.store.StoreContext;
import io.matriarch.store.StoreProvider;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Opens the store that the configuration names. */
final class Stores {

    private Stores() {}

    /**
     * The first section in alphabetical order wins (contract config.md 2.6).
     *
     * @throws StoreConfigurationException when there is none, or it cannot work
     */
    static OpenedStore open(LocalConfig config, Timing timing, TimeSource time) throws StoreConfigurationException {
        Map<String, StoreProvider> providers = new TreeMap<>();
        for (StoreProvider provider : ServiceLoader.load(StoreProvider.class)) {
            provider.sections().forEach(section -> providers.put(section, provider));
        }
        for (Map.Entry<String, StoreProvider> entry : providers.entrySet()) {
            String section = entry.getKey();
            if (config.document().has(section)) {
                JsonObject own = Json.object(config.document(), section).orElseGet(JsonObject::new);
                var context = new StoreContext(config.path(), config.name(), own, timing, time);
                return new OpenedStore(entry.getValue().openForAgent(context), section);
            }
        }
        throw new StoreConfigurationException(
                "Can not find suitable configuration of distributed configuration store\nAvailable implementations: "
                        + String.join(", ", providers.keySet())
                        + "\nThe configuration has the keys "
                        + String.join(", ", config.document().keySet())
                        + ": add a section of one of these names, for example \"etcd3: {hosts: [10.0.0.1:2379]}\"");
    }
}
