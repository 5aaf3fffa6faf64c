package io.matriarch.postgres;

/** What it takes to bring the recovery settings of a running replica to what is wanted (contract replication.md 5). */
public enum RecoveryChange {
    NONE,
    RELOAD,
    RESTART
}
