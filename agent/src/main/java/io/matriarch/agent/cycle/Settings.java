package io.matriarch.agent.cycle;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Coercion;
import io.matriarch.model.ConfigKey;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Timing;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;

/**
 * The configuration in force during a cycle.
 *
 * @param local the node's own
 * @param dynamic what counts for decisions: taken from the view at the beginning of each cycle
 * @param timing after the timing rule (contract config.md 3.3)
 * @param postgres composed of both
 */
public record Settings(LocalConfig local, DynamicConfig dynamic, Timing timing, PostgresSettings postgres) {

    /** Pause, modes and limits count at once; times and PostgreSQL settings when the document is applied. */
    Settings withGlobalsOf(ClusterView view) {
        ConfigKey key = view.config();
        return key != null && key.hasContent() ? new Settings(local, key.config(), timing, postgres) : this;
    }

    /** Whether some clone method other than basebackup works without a source (contract ha-loop.md 6.2). */
    boolean mayCloneWithoutLeader() {
        return postgres.createReplicaMethods().stream()
                .filter(m -> !m.equals("basebackup"))
                .map(m -> postgres.section().get(m))
                .anyMatch(section -> section instanceof JsonObject o
                        && o.get("no_leader") != null
                        && Coercion.bool(o.get("no_leader")).orElse(false));
    }
}
