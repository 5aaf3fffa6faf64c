package io.matriarch.model.config;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Tags;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The local configuration of a node: files with the environment patched over them, read into types.
 *
 * @param name the member's name
 * @param bootstrap null: this node never initialises a cluster
 * @param tags as published (contract config.md 2.10)
 * @param notices what the operator should know about this configuration
 * @param document the tree with old layouts brought to the present one. Not to be modified, not
 *     to be printed: it holds passwords
 */
public record LocalConfig(
        String scope,
        String namespace,
        String name,
        RestSettings restapi,
        ClientSettings ctl,
        @Nullable BootstrapSettings bootstrap,
        Tags tags,
        FenceSettings fence,
        List<Notice> notices,
        JsonObject document) {

    public LocalConfig {
        notices = List.copyOf(notices);
    }

    /**
     * Reads a tree, as {@link ConfigTree} produced it.
     *
     * @throws ConfigurationException for what makes a start impossible
     */
    public static LocalConfig parse(JsonObject document) throws ConfigurationException {
        return LocalConfigReader.read(document);
    }

    public ClusterPath path() {
        return ClusterPath.of(namespace, scope);
    }

    /**
     * Composes the effective PostgreSQL settings.
     *
     * @throws ConfigurationException when a required key is missing, or the dynamic document cannot be applied
     */
    public PostgresSettings postgres(DynamicConfig dynamic) throws ConfigurationException {
        return PostgresSettingsReader.read(this, dynamic, new ArrayList<>());
    }

    /** What the operator should know about the composition with {@code dynamic}: the parameters that are refused. */
    public List<Notice> noticesWith(DynamicConfig dynamic) throws ConfigurationException {
        var found = new ArrayList<Notice>();
        PostgresSettingsReader.read(this, dynamic, found);
        return found;
    }

    /** The same node with another answer to whether, and how, it may make the cluster. */
    public LocalConfig withBootstrap(@Nullable BootstrapSettings other) {
        return new LocalConfig(scope, namespace, name, restapi, ctl, other, tags, fence, notices, document);
    }

    /** Hides the document. */
    @Override
    public String toString() {
        return "LocalConfig[" + scope + "/" + name + "]";
    }
}
