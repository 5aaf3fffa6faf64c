package io.matriarch.postgres;

import io.matriarch.model.Lsn;

/** Where the local WAL ends, for the divergence check. */
public record LocalPosition(int timeline, Lsn position, boolean inRecovery) {}
