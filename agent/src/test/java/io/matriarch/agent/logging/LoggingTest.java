package io.matriarch.agent.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a record, from a logger to the lines. */
class LoggingTest {

    private final Logger root = Logger.getLogger("");
    private final Handler[] handlersBefore = root.getHandlers();
    private final Level levelBefore = root.getLevel();
    private final Lines lines = new Lines();
    private final Logging logging = Logging.start(lines, root);

    /** Remembers lines; can hang like a full pipe. */
    private static final class Lines implements Sink {

        final List<String> written = new CopyOnWriteArrayList<>();
        volatile CountDownLatch gate = new CountDownLatch(0);
        final CountDownLatch entered = new CountDownLatch(1);

        @Override
        public void write(String line) throws IOException {
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            written.add(line.replaceFirst("^[-0-9]+ [:,0-9]+ ", ""));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @BeforeEach
    void start_is_silent() {
        assertEquals(List.of(), lines.written);
    }

    @AfterEach
    void restore() {
        lines.gate.countDown();
        logging.close();
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        for (Handler handler : handlersBefore) {
            root.addHandler(handler);
        }
        root.setLevel(levelBefore);
        Logger.getLogger("patroni").setLevel(null);
    }

    private static LogSettings settings(String yaml) throws ConfigurationException {
        return LogSettings.parse(ConfigTree.parseYaml("test", yaml));
    }

    @Test
    void before_the_configuration_everything_of_ours_is_shown() {
        System.Logger log = System.getLogger("patroni.ha");
        log.log(System.Logger.Level.DEBUG, "Port {0} of {1}", 5432, "pg0");
        log.log(System.Logger.Level.WARNING, "it's {unchanged}");
        log.log(System.Logger.Level.ERROR, "failed");
        LogLevel.critical("patroni.__main__", "fatal");
        System.getLogger("org.example").log(System.Logger.Level.INFO, "library");
        logging.close();

        assertEquals(
                List.of("DEBUG: Port 5432 of pg0", "WARNING: it's {unchanged}", "ERROR: failed", "CRITICAL: fatal"),
                lines.written);
    }

    @Test
    void the_configuration_moves_the_log_into_its_file(@TempDir Path directory) throws Exception {
        Logger.getLogger("patroni").info("early");
        logging.apply(settings("log: {dir: '" + directory
                + "', level: WARNING, loggers: {patroni.ha: DEBUG, x.y: INFO},"
                + " format: '%(levelname)s %(name)s %(message)s'}"));
        Logger.getLogger("patroni.dcs").info("hidden");
        Logger.getLogger("patroni.ha").fine("detail");
        Logger.getLogger("x.y.z").info("library");
        Logger.getLogger("x").warning("also");
        assertTrue(logging.close());

        assertEquals(List.of("INFO: early"), lines.written);
        assertEquals(
                "DEBUG patroni.ha detail\nINFO x.y.z library\nWARNING x also\n",
                Files.readString(directory.resolve("patroni.log")));
    }

    @Test
    void traces_can_be_left_to_the_level_debug(@TempDir Path directory) throws Exception {
        var record = new LogRecord(Level.SEVERE, "failed");
        record.setThrown(new IllegalStateException("why"));
        record.setLoggerName("patroni.x");
        logging.apply(settings(
                "log: {dir: '" + directory + "', traceback_level: DEBUG, format: '%(levelname)s %(message)s'}"));
        Logger.getLogger("patroni.x").log(record);
        logging.apply(settings("log: {dir: '" + directory
                + "', level: DEBUG, traceback_level: DEBUG, format: '%(levelname)s %(message)s'}"));
        Logger.getLogger("patroni.x").log(record);
        logging.close();

        String text = Files.readString(directory.resolve("patroni.log"));
        assertTrue(
                text.startsWith(
                        "ERROR failed, DETAIL: 'why'\nDEBUG failed\n" + "java.lang.IllegalStateException: why\n\tat"),
                text);
    }

    @Test
    void a_directory_that_cannot_be_used_is_said_where_the_log_was(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        logging.apply(settings("log: {dir: '" + file + "', format: '%(levelname)s %(message)s'}"));
        logging.close();

        assertTrue(lines.written.getFirst().startsWith("ERROR Can not open the log file: "));
    }

    @Test
    void a_hanging_reader_costs_records_and_no_time() throws Exception {
        lines.gate = new CountDownLatch(1);
        Logger log = Logger.getLogger("patroni");
        log.info("first");
        lines.entered.await();
        IntStream.range(0, 1010).forEach(i -> log.info("record " + i));

        assertEquals(1000, logging.queueSize());
        assertEquals(10, logging.lostRecords());

        lines.gate.countDown();
        logging.close();
        assertEquals("WARNING: QueueHandler has lost 10 log records", lines.written.get(1));
        assertEquals(1002, lines.written.size());
        assertEquals(0, logging.queueSize());
    }
}
