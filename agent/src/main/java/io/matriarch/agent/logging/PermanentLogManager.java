package io.matriarch.agent.logging;

import java.util.logging.LogManager;

/**
 * Keeps the handlers while the JVM shuts down. The default manager removes them in a shutdown hook of its own, so that
 * what is logged while PostgreSQL is being stopped would be lost.
 */
public final class PermanentLogManager extends LogManager {

    @Override
    public void reset() {
        // the process ends with its loggers as they are
    }
}
