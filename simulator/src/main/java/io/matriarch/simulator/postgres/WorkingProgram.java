package io.matriarch.simulator.postgres;

import java.time.Duration;
import java.util.ArrayDeque;

/**
 * A program that works on the data directory while no server runs in it. It is a process of its own: it does not end
 * with the agent that started it, and what it leaves when it is killed stays.
 */
final class WorkingProgram {

    private final PostgresHost host;
    private final Disk disk;
    private final String name;
    private final ArrayDeque<Runnable> deferred = new ArrayDeque<>();
    private boolean running = true;
    private boolean successful;
    private boolean frozen;
    private boolean writing;

    /** Starts; the first step is for the caller to schedule. */
    WorkingProgram(PostgresHost host, String name) {
        this.host = host;
        this.disk = host.disk();
        this.name = name;
        this.frozen = host.isFrozen();
        host.run(this);
        disk.writer = name;
    }

    String name() {
        return name;
    }

    boolean isRunning() {
        return running;
    }

    boolean isSuccessful() {
        return successful;
    }

    /** Whether it had begun to change the data directory. */
    boolean hasWritten() {
        return writing;
    }

    void log(String line) {
        host.world().reports().log(host.address(), name + ": " + line);
    }

    void later(Duration delay, Runnable step) {
        host.world().queue().after(delay, host.address() + ": " + name, () -> {
            if (!running) {
                return;
            }
            if (frozen) {
                deferred.add(step);
            } else {
                step.run();
            }
        });
    }

    /** From here on the directory is neither the old database nor a new one. */
    void beginToWrite() {
        writing = true;
        disk.torn = new Disk.Torn(name);
    }

    /** The directory is a database again. */
    void succeed() {
        disk.torn = null;
        successful = true;
        end();
    }

    void fail(String why) {
        log("error: " + why);
        end();
    }

    private void end() {
        running = false;
        disk.writer = null;
        host.run(null);
    }

    void kill() {
        if (running) {
            log("killed");
            end();
        }
    }

    void freeze() {
        frozen = true;
    }

    void thaw() {
        frozen = false;
        while (running && !frozen && !deferred.isEmpty()) {
            deferred.remove().run();
        }
    }
}
