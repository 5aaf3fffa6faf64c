package io.matriarch.simulator.postgres;

import io.matriarch.model.Lsn;

/**
 * A physical replication slot. Where it stands is written to disk by checkpoints only, so that a crash puts it back:
 * too much WAL is kept then, never too little.
 */
final class Slot {

    final String name;
    Lsn restart;
    Lsn savedRestart;
    /** Its WAL is gone: nobody can ever stream from it again. */
    boolean lost;

    Slot(String name, Lsn restart) {
        this.name = name;
        this.restart = restart;
        this.savedRestart = restart;
    }

    void save() {
        savedRestart = restart;
    }

    void crash() {
        restart = savedRestart;
    }
}
