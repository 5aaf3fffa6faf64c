package io.matriarch.agent.fence;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the fence's client logs from {@code WARNING} on. */
final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("patroni.watchdog.base");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    LogCapture() {
        logger.addHandler(this);
    }

    /** How many of this level say this. */
    long count(Level level, String text) {
        return records.stream()
                .filter(r -> r.getLevel().equals(level) && r.getMessage().contains(text))
                .count();
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
    }

    @Override
    public void flush() {
        // Nothing is held back.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
