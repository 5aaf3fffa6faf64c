package io.matriarch.agent.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.config.ConfigTree;
import io.matriarch.model.config.ConfigurationException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contract watchdog-and-process.md 3 and config.md 2.2: what a line looks like. */
class LogLayoutTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static LogEvent event(String message, @Nullable Throwable thrown) {
        return new LogEvent(
                Instant.parse("2026-11-23T22:24:40.319Z"),
                LogLevel.INFO,
                "patroni.ha",
                message,
                thrown,
                "cycle",
                17,
                "io.matriarch.agent.Main$Inner",
                "run");
    }

    private static LogSettings settings(String yaml) throws ConfigurationException {
        JsonObject log = ConfigTree.parseYaml("log", yaml);
        return LogSettings.read(log, BERLIN);
    }

    private static String line(String yaml, String message) throws ConfigurationException {
        return settings(yaml).layout().format(event(message, null));
    }

    @Test
    void the_default_line_has_its_level_from_column_25_on() throws ConfigurationException {
        String line = line("{}", "no action. I am (pg0), the leader with the lock");

        assertEquals("2026-11-23 23:24:40,319 INFO: no action. I am (pg0), the leader with the lock", line);
        assertEquals("INFO", line.substring(24, 28));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "%(levelname)-8s|<INFO    >",
                "%(levelname)8s|<    INFO>",
                "%(levelname).2s|<IN>",
                "%(levelno)d|<20>",
                "%(levelno)05d|<00020>",
                "%(levelno)s|<20>",
                "%(name)s|<patroni.ha>",
                "%(module)s|<Main>",
                "%(filename)s|<Main.java>",
                "[%(pathname)s:%(lineno)d - %(funcName)s]|<[io/matriarch/agent/Main.java:0 - run]>",
                "%(processName)s|<MainProcess>",
                "%(thread)d %(threadName)s|<17 cycle>",
                "%(msecs)03d|<319>",
                "%(created)f|<1795472680.319000>",
                "100%% %(message)s|<100% hello>",
                "%(taskName)s|<>",
                "nothing|<nothing>",
            })
    void a_format_is_understood_as_in_python(String format, String expected) throws ConfigurationException {
        var log = new JsonObject();
        log.addProperty("format", format);
        assertEquals(expected, "<" + LogSettings.read(log, BERLIN).layout().format(event("hello", null)) + ">");
    }

    @Test
    void only_formats_that_show_the_source_ask_for_it() throws ConfigurationException {
        assertTrue(settings("format: '%(funcName)s'").layout().needsSource());
        assertTrue(settings("{type: json, format: [module]}").layout().needsSource());
        assertEquals(false, settings("{}").layout().needsSource());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "%Y-%m-%d %H:%M:%S|2026-11-23 23:24:40",
                "%d/%b/%Y:%H:%M:%S %z|23/Nov/2026:23:24:40 +0100",
                "%a %A %B %j %y %I %p|Mon Monday November 327 26 11 PM",
                "%FT%T%%|2026-11-23T23:24:40%",
                "%G-W%V-%u %w %Z|2026-W48-1 1 CET",
                "%q %|%q %",
            })
    void a_date_format_is_that_of_strftime(String format, String expected) throws ConfigurationException {
        assertEquals(expected, line("{format: '%(asctime)s', dateformat: '" + format + "'}", ""));
    }

    @Test
    void json_has_the_fields_in_their_order_under_their_names() throws ConfigurationException {
        assertEquals(
                "{\"asctime\": \"2026-11-23 23:24:40,319\", \"levelname\": \"INFO\", \"message\": \"\\u00e9\"}",
                line("type: json", "é"));
        assertEquals(
                "{\"message\": \"m\", \"level\": \"INFO\", \"levelno\": 20, \"app\": \"patroni\", \"n\": 1}",
                line(
                        "{type: json, format: [message, {levelname: level}, levelno], static_fields: {app: patroni,"
                                + " n: 1}}",
                        "m"));
        assertEquals(
                "{\"name\": \"patroni.ha\", \"message\": \"m\"}",
                line("{type: json, format: '%(name)s: %(message)s'}", "m"));
    }

    @Test
    void a_trace_follows_the_line_or_is_a_field() throws ConfigurationException {
        LogEvent event = event("failed", new IllegalStateException("why"));

        String plain = settings("format: '%(message)s'").layout().format(event);
        String json = settings("{type: json, format: [message]}").layout().format(event);

        assertTrue(plain.startsWith("failed\njava.lang.IllegalStateException: why\n\tat "), plain);
        assertTrue(
                json.startsWith("{\"message\": \"failed\", \"exc_info\": \"java.lang.IllegalStateException: why\\n"),
                json);
    }

    @Test
    void invalid_pieces_are_warned_about_and_replaced() throws ConfigurationException {
        assertEquals(
                List.of("Expected log format to be a string or a list, but got \"int\""),
                settings("{type: json, format: 5}").warnings());
        assertEquals(
                List.of(
                        "Expected renamed log field to be a string, but got \"float\"",
                        "Expected each item of log format to be a string or dictionary, but got \"list\""),
                settings("{type: json, format: [{a: 1.5}, [b], message]}").warnings());
        assertEquals(
                List.of(
                        "Expected log dateformat to be a string, but got \"bool\"",
                        "Expected log format to be a string when log type is plain, but got \"dict\""),
                settings("{format: {a: b}, dateformat: true}").warnings());
    }

    @Test
    void the_other_settings_have_the_defaults_of_the_contract() throws ConfigurationException {
        LogSettings defaults = settings("{}");
        assertEquals(LogLevel.INFO, defaults.level());
        assertEquals(1000, defaults.maxQueueSize());
        assertEquals(4, defaults.fileNum());
        assertEquals(25_000_000, defaults.fileSize());

        LogSettings chosen = settings("{level: warn, mode: '0640', loggers: {patroni.ha: DEBUG, urllib3: FATAL}}");
        assertEquals(LogLevel.WARNING, chosen.level());
        assertEquals(0640, chosen.mode());
        assertEquals(LogLevel.CRITICAL, chosen.loggers().get("urllib3"));
    }
}
