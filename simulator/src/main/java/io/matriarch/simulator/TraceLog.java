package io.matriarch.simulator;

import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Brings what the production code logs into the trace of the world that it runs in. */
final class TraceLog extends Handler {

    /** Everything that an agent logs lies below it. Held here, because the log manager would forget it. */
    private static final Logger AGENT = Logger.getLogger("patroni");

    private TraceLog() {}

    /** Catches the lines of all worlds in this JVM; those of other threads go on as before. */
    static void install() {
        AGENT.setUseParentHandlers(false);
        AGENT.addHandler(new TraceLog());
    }

    @Override
    public void publish(LogRecord line) {
        Scheduler world = Worlds.current();
        if (world != null) {
            world.log(line);
        } else {
            for (Handler handler : LogManager.getLogManager().getLogger("").getHandlers()) {
                handler.publish(line);
            }
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
