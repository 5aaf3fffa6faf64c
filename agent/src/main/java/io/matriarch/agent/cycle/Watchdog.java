package io.matriarch.agent.cycle;

import io.matriarch.engine.WatchdogCondition;
import io.matriarch.model.Timing;
import io.matriarch.model.config.WatchdogSettings;

/**
 * A device that ends the whole host when it hears nothing (contract watchdog-and-process.md 1): what remains when agent
 * and fence hang together. Called by the cycle and by jobs.
 */
public interface Watchdog {

    /** Before this node leads. What came of it is in {@link #condition}. */
    void activate();

    /** The lease was confirmed. */
    void keepAlive();

    /** Nobody can write here any more, or the cluster is paused. */
    void disable();

    WatchdogCondition condition();

    boolean isRunning();

    /** False: it is required and cannot work, which others are told. */
    boolean isHealthy();

    /** Other settings or another {@code ttl}; applied after the next keepalive. */
    void configure(WatchdogSettings settings, Timing timing);

    /** Without any. */
    Watchdog NONE = new Watchdog() {
        @Override
        public void activate() {}

        @Override
        public void keepAlive() {}

        @Override
        public void disable() {}

        @Override
        public WatchdogCondition condition() {
            return WatchdogCondition.READY;
        }

        @Override
        public boolean isRunning() {
            return false;
        }

        @Override
        public boolean isHealthy() {
            return true;
        }

        @Override
        public void configure(WatchdogSettings settings, Timing timing) {}
    };
}
