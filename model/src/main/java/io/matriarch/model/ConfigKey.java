package io.matriarch.model;

/**
 * The {@code config} key.
 *
 * @param config the document; empty when the value is not a JSON object
 * @param valid whether the value was a JSON object
 * @param revision version of the key
 */
public record ConfigKey(DynamicConfig config, boolean valid, Revision revision) {

    public static ConfigKey parse(String value, Revision revision) {
        return Json.parseObject(value)
                .map(o -> new ConfigKey(new DynamicConfig(o), true, revision))
                .orElseGet(() -> new ConfigKey(DynamicConfig.EMPTY, false, revision));
    }

    /** Whether there is anything in it to obey: a JSON object that is not empty. */
    public boolean hasContent() {
        return valid && !config.document().isEmpty();
    }
}
