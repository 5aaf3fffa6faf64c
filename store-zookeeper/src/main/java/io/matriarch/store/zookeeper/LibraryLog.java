package io.matriarch.store.zookeeper;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Keeps the ZooKeeper library from telling its life in our log. */
public final class LibraryLog {

    private static final Logger LIBRARY = Logger.getLogger("org.apache.zookeeper");

    /** These report each failed connection attempt, with a stack trace; what matters of it our own log says. */
    private static final List<Logger> TALKATIVE = List.of(
            Logger.getLogger("org.apache.zookeeper.ClientCnxn"),
            Logger.getLogger("org.apache.zookeeper.server.NIOServerCnxn"),
            Logger.getLogger("org.apache.zookeeper.server.quorum"));

    private LibraryLog() {}

    /** To be called before the library is used. The fields keep the loggers, and so their levels, alive. */
    public static void quieten() {
        LIBRARY.setLevel(Level.WARNING);
        TALKATIVE.forEach(logger -> logger.setLevel(Level.SEVERE));
    }
}
