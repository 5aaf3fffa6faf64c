package io.matriarch.ctl.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Log lines of a tool on standard error: {@code YYYY-MM-DD HH:MM:SS,mmm - LEVEL - text}, from WARNING on unless the
 * environment says otherwise (contract ctl.md 1).
 *
 * <p>Created by java.util.logging when something is logged for the first time, and so free of charge when nothing is.
 */
public final class ToolLogging {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS", Locale.ROOT);

    /** The last one that is set wins. */
    private static final String[] LEVEL_VARIABLES = {"LOGLEVEL", "PATRONI_LOGLEVEL", "PATRONI_LOG_LEVEL"};

    private static final String USUAL_LEVEL = "matriarch.tool.log.level";

    /** For java.util.logging, which wants a public constructor. */
    public ToolLogging() {
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        var handler = new ConsoleHandler();
        handler.setLevel(Level.ALL);
        handler.setFormatter(new Line());
        root.addHandler(handler);
        root.setLevel(level(System.getProperty(USUAL_LEVEL, "WARNING"), System.getenv()));
    }

    /**
     * Makes this class the configuration of java.util.logging in this process.
     *
     * @param usualLevel the level when the environment names none
     */
    public static void install(String usualLevel) {
        System.setProperty(USUAL_LEVEL, usualLevel);
        System.setProperty("java.util.logging.config.class", ToolLogging.class.getName());
    }

    static Level level(String usual, Map<String, String> environment) {
        String name = usual;
        for (String variable : LEVEL_VARIABLES) {
            name = environment.getOrDefault(variable, name);
        }
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "DEBUG" -> Level.FINE;
            case "INFO" -> Level.INFO;
            case "ERROR", "CRITICAL", "FATAL" -> Level.SEVERE;
            default -> Level.WARNING;
        };
    }

    private static final class Line extends Formatter {
        @Override
        public String format(LogRecord record) {
            var out = new StringWriter();
            out.append(TIME.format(record.getInstant().atZone(ZoneId.systemDefault())));
            out.append(" - ")
                    .append(name(record.getLevel()))
                    .append(" - ")
                    .append(formatMessage(record))
                    .append('\n');
            if (record.getThrown() != null && record.getLevel().intValue() >= Level.SEVERE.intValue()) {
                record.getThrown().printStackTrace(new PrintWriter(out, true));
            }
            return out.toString();
        }

        private static String name(Level level) {
            if (level.intValue() >= Level.SEVERE.intValue()) {
                return "ERROR";
            }
            if (level.intValue() >= Level.WARNING.intValue()) {
                return "WARNING";
            }
            return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
        }
    }
}
