package io.matriarch.agent;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Messages of what ends the process. */
final class Critical {

    private Critical() {}

    static void log(Logger logger, String text) {
        logger.log(Level.ERROR, text);
    }
}
