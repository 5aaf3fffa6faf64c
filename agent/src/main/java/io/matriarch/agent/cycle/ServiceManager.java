package io.matriarch.agent.cycle;

import java.time.Duration;
import java.util.Optional;

/** Who started this process and wants to know how it is (contract watchdog-and-process.md 2.4). Safe for any thread. */
public interface ServiceManager {

    /** The loop runs, or a reload is done. */
    void ready();

    /** A reload was asked for. */
    void reloading();

    void stopping();

    /** One line for people. */
    void status(String text);

    /** How often it wants to hear {@link #keepAlive}; empty: never. */
    Optional<Duration> keepAlivePeriod();

    /** The loop is alive. */
    void keepAlive();

    /** Nobody. */
    ServiceManager NONE = new ServiceManager() {
        @Override
        public void ready() {}

        @Override
        public void reloading() {}

        @Override
        public void stopping() {}

        @Override
        public void status(String text) {}

        @Override
        public Optional<Duration> keepAlivePeriod() {
            return Optional.empty();
        }

        @Override
        public void keepAlive() {}
    };
}
