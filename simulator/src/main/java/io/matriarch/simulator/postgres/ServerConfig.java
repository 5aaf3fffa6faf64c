package io.matriarch.simulator.postgres;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands in the configuration files.
 *
 * @param primaryHost host of {@code primary_conninfo}; empty: none
 * @param applicationName of {@code primary_conninfo}
 * @param primarySlotName empty: none
 * @param archiving whether {@code archive_mode} is on and there is a command
 * @param parameters those that only a restart changes
 */
record ServerConfig(
        String synchronousStandbyNames,
        String synchronousCommit,
        String primaryHost,
        String applicationName,
        String primarySlotName,
        boolean archiving,
        Map<String, String> parameters) {

    static final ServerConfig DEFAULT = new ServerConfig("", "on", "", "", "", false, Map.of());

    ServerConfig {
        parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }

    boolean isSameSource(ServerConfig other) {
        return primaryHost.equals(other.primaryHost)
                && applicationName.equals(other.applicationName)
                && primarySlotName.equals(other.primarySlotName);
    }
}
