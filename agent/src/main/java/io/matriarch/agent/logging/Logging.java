package io.matriarch.agent.logging;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The log of the process. {@link #start} must run before anything asks for a logger; from then on all that goes to
 * {@code System.Logger} or java.util.logging passes through one queue and one writer thread.
 *
 * <p>The configured level is that of the loggers below {@code patroni}. Libraries are shown from WARNING on, unless
 * {@code log.loggers} says otherwise: the JDK's HTTP client, for one, prints credentials at DEBUG.
 */
public final class Logging {

    private static final String OURS = "patroni";

    private final LogWriter writer;
    private final Logger root;

    /** Loggers are held weakly by java.util.logging; their levels live as long as they are referenced. */
    private final List<Logger> configured = new ArrayList<>();

    private volatile LogSettings settings;
    private volatile HeartbeatFilter heartbeats;

    private Logging(LogSettings first, Sink sink, Logger root) {
        this.settings = first;
        this.heartbeats = new HeartbeatFilter(first.deduplicateHeartbeats());
        this.writer = new LogWriter(first.layout(), sink, first.maxQueueSize());
        this.root = root;
    }

    /** Takes over all logging of the process: level DEBUG on standard error until {@link #apply}. */
    public static Logging start() {
        System.setProperty("java.util.logging.manager", PermanentLogManager.class.getName());
        return start(StreamSink.standardError(), Logger.getLogger(""));
    }

    static Logging start(Sink sink, Logger root) {
        var logging = new Logging(LogSettings.beforeConfiguration(), sink, root);
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(logging.new QueueHandler());
        logging.applyLevels(logging.settings);
        logging.writer.start();
        return logging;
    }

    /**
     * Puts the {@code log} section in force, at the start and at each reload. A log file that cannot be opened leaves
     * the log where it is.
     */
    public synchronized void apply(LogSettings next) {
        LogSettings before = settings;
        boolean sameHeartbeats = before.deduplicateHeartbeats() == next.deduplicateHeartbeats();
        if (!sameHeartbeats) {
            heartbeats = new HeartbeatFilter(next.deduplicateHeartbeats());
        }
        settings = next;
        applyLevels(next);
        writer.redirect(next.layout(), () -> sink(next), next.maxQueueSize());
        next.warnings().forEach(Logger.getLogger("patroni.log")::warning);
    }

    private static Sink sink(LogSettings settings) throws IOException {
        return settings.directory() == null
                ? StreamSink.standardError()
                : new RotatedFileSink(settings.directory(), settings.mode(), settings.fileNum(), settings.fileSize());
    }

    /** How many records wait to be written. */
    public int queueSize() {
        return writer.queueSize();
    }

    /** How many records were dropped since the start. */
    public long lostRecords() {
        return writer.lostRecords();
    }

    /**
     * Writes what is waiting, for some seconds at most.
     *
     * @return false when logging is broken, which is exit code 5 of a process that would end with 0
     */
    public boolean close() {
        return writer.close();
    }

    private void applyLevels(LogSettings next) {
        configured.forEach(logger -> logger.setLevel(null));
        configured.clear();
        Level level = next.level().level();
        root.setLevel(level.intValue() > Level.WARNING.intValue() ? level : Level.WARNING);
        setLevel(OURS, level);
        next.loggers().forEach((name, wanted) -> setLevel(name, wanted.level()));
    }

    private void setLevel(String name, Level level) {
        var logger = Logger.getLogger(name);
        logger.setLevel(level);
        configured.add(logger);
    }

    /** Runs on the threads that log. */
    private final class QueueHandler extends Handler {

        @Override
        public void publish(@Nullable LogRecord record) {
            if (record == null || !isLoggable(record)) {
                return;
            }
            LogSettings current = settings;
            LogEvent event = traced(LogEvent.of(record, current.layout().needsSource()), current);
            if (current.level() == LogLevel.INFO) {
                heartbeats.pass(event).forEach(writer::add);
            } else {
                writer.add(event);
            }
        }

        private LogEvent traced(LogEvent event, LogSettings current) {
            Throwable thrown = event.thrown();
            if (thrown == null || !current.traceAtDebug()) {
                return event;
            }
            if (current.level().number() <= LogLevel.DEBUG.number()) {
                return event.with(LogLevel.DEBUG, event.message(), thrown);
            }
            return event.with(event.level(), event.message() + ", DETAIL: '" + thrown.getMessage() + "'", null);
        }

        @Override
        public void flush() {
            // the writer flushes whenever its queue is empty
        }

        @Override
        public void close() {
            // ended by Logging.close
        }
    }
}
