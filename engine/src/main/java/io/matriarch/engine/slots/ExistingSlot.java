package io.matriarch.engine.slots;

import io.matriarch.model.Lsn;
import org.jspecify.annotations.Nullable;

/**
 * A slot that exists on this node. Positions are {@link Lsn#NONE} when null.
 *
 * @param database empty for a physical slot
 * @param plugin empty for a physical slot
 * @param xmin null when it holds no transaction back
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
        Lsn confirmedFlushLsn,
        @Nullable String xmin,
        boolean lost,
        boolean failover,
        boolean synced) {}
