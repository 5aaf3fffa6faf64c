package io.matriarch.engine.slots;

import io.matriarch.model.Lsn;

/**
 * A slot that exists on this node.
 *
 * @param lost whether the WAL it needs is gone ({@code wal_status} lost)
 * @param failover PostgreSQL 17's own failover slots are left alone
 */
public record ExistingSlot(
        String name,
        boolean physical,
        String database,
        String plugin,
        boolean active,
        Lsn restartLsn,
        boolean hasXmin,
        boolean lost,
        boolean failover) {}
