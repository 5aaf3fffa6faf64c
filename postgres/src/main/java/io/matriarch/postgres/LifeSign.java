package io.matriarch.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Whether one process lives, asked often: its file in {@code /proc} stays open, so that a look is one system call instead
 * of the opening, reading and parsing that costs ten times as much. The kernel answers for this very process, also when
 * its pid belongs to somebody else meanwhile. For one thread.
 */
final class LifeSign implements AutoCloseable {

    /** Pid, name of at most 15 bytes and state stand in the first 32. */
    private static final int BEGINNING_BYTES = 64;

    private final FileChannel stat;
    private final ByteBuffer beginning = ByteBuffer.allocateDirect(BEGINNING_BYTES);

    private LifeSign(FileChannel stat) {
        this.stat = stat;
    }

    /** Null when it is gone already. */
    static @Nullable LifeSign of(Postmaster postmaster) {
        FileChannel stat;
        try {
            stat = FileChannel.open(ProcessTable.statFile(postmaster.pid()), StandardOpenOption.READ);
        } catch (IOException _) {
            return null;
        }
        var sign = new LifeSign(stat);
        // Asked after the file was opened: if the process is the right one now, it was then.
        if (!postmaster.isAlive()) {
            sign.close();
            return null;
        }
        return sign;
    }

    /** Neither gone nor a zombie. */
    boolean isAlive() {
        beginning.clear();
        try {
            stat.read(beginning, 0);
        } catch (IOException _) {
            return false;
        }
        String text = StandardCharsets.ISO_8859_1.decode(beginning.flip()).toString();
        return ProcessTable.parseState(text).filter(ProcessTable::isAliveState).isPresent();
    }

    @Override
    public void close() {
        try {
            stat.close();
        } catch (IOException _) {
            // nothing was written
        }
    }
}
