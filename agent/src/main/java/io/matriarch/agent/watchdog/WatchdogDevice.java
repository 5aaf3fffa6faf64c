package io.matriarch.agent.watchdog;

import java.io.IOException;

/** A watchdog, as its driver shows it. Times in seconds, as the kernel's interface has them. */
public interface WatchdogDevice {

    /** From here on it fires when it is not written to. */
    void open() throws IOException;

    void keepAlive() throws IOException;

    /** The magic close: it does not fire any more, where it can be disabled. */
    void close() throws IOException;

    boolean isOpen();

    boolean canBeDisabled() throws IOException;

    boolean canSetTimeout() throws IOException;

    void setTimeout(int seconds) throws IOException;

    int timeout() throws IOException;

    /** For messages. */
    String describe();

    /** Whether it is there and may be written. */
    boolean isUsable();
}
