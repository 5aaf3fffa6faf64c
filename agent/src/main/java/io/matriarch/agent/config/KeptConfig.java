package io.matriarch.agent.config;

import io.matriarch.model.DynamicConfig;
import java.util.Optional;

/**
 * The last accepted dynamic configuration, from which a leader restores the key in the store when it is gone (contract
 * config.md 1.3). Used by the thread of the cycle alone.
 */
public interface KeptConfig {

    /** What an earlier process saved; empty when there is nothing, or nothing readable (which is logged). */
    Optional<DynamicConfig> read();

    /**
     * Saves what differs from the last saved; a failure is logged and made good by the next call. Not to be called
     * while the role is uninitialized: a data directory that is to be created must stay empty.
     */
    void save(DynamicConfig config);
}
