package io.matriarch.agent.logging;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Turns an event into the text of its lines, without the last line feed. */
interface Layout {

    String format(LogEvent event);

    /** Whether it shows where in the source an event was logged. */
    boolean needsSource();

    static String stackTrace(Throwable thrown) {
        var out = new StringWriter();
        thrown.printStackTrace(new PrintWriter(out));
        return out.toString().stripTrailing();
    }
}
