package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.MergePatch;
import io.matriarch.model.YamlReader;
import io.matriarch.model.YamlSyntaxException;
import java.util.ArrayList;
import java.util.List;

/** Turns YAML text into the raw tree, and several trees into one (contract config.md 1.1). */
public final class ConfigTree {

    private ConfigTree() {}

    /**
     * Reads one YAML 1.1 document.
     *
     * @param place named in error messages, for instance the file's path
     */
    public static JsonObject parseYaml(String place, String text) throws ConfigurationException {
        return parseYaml(place, text, new ArrayList<>());
    }

    /** @param notices receives a warning for each key that stands twice, of which the first is not used */
    public static JsonObject parseYaml(String place, String text, List<Notice> notices) throws ConfigurationException {
        JsonElement document;
        try {
            document = YamlReader.parse(
                    text,
                    key -> notices.add(Notice.warning(
                            place + ": the key " + key + " stands twice in its map; the last one counts")));
        } catch (YamlSyntaxException e) {
            throw new ConfigurationException(place + ": " + e.getMessage(), e);
        }
        if (document instanceof JsonObject tree) {
            return tree;
        }
        throw new ConfigurationException(
                "invalid config file " + place + ": expected a map with keys such as \"scope: main\", but got "
                        + Shape.of(document),
                new ConfigurationException(place + " does not contain a dict"));
    }

    /**
     * A copy in the present layout, whatever old forms are written.
     *
     * @param notices receives a line for each form that has a better one
     */
    public static JsonObject presentLayout(JsonObject written, List<Notice> notices) {
        return PresentLayout.of(written, notices);
    }

    /**
     * Patches each tree over the ones before it. A key without value in the first one is no patch: it is a section without
     * content, as in {@code bootstrap:}.
     *
     * @param trees at least one
     */
    public static JsonObject combine(List<JsonObject> trees) {
        JsonObject combined = trees.getFirst().deepCopy();
        for (JsonObject tree : trees.subList(1, trees.size())) {
            combined = MergePatch.apply(combined, tree).orElse(combined);
        }
        return combined;
    }
}
