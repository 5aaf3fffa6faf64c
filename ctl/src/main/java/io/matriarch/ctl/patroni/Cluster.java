package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Coercion;
import io.matriarch.model.Timing;
import io.matriarch.store.StoreUnavailableException;
import io.matriarch.store.ToolStore;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A cluster and the store that it lives in.
 *
 * @param group the Citus group, null for none
 */
public record Cluster(String name, @Nullable Integer group, ToolStore store) implements AutoCloseable {

    /** @throws CommandFailure when the store does not answer within its budget */
    public ClusterView load() throws CommandFailure {
        try {
            return store.load();
        } catch (StoreUnavailableException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    /** The period of the members' cycles, at least a second. */
    static Duration loopWait(ClusterView view) {
        var value = view.dynamicConfig().document().get("loop_wait");
        long seconds = value == null ? 0 : Coercion.integer(value).orElse(0L);
        return seconds > 0 ? Duration.ofSeconds(seconds) : Timing.DEFAULT.loopWait();
    }

    @Override
    public void close() {
        store.close();
    }
}
