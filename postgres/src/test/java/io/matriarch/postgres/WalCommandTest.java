package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class WalCommandTest {

    @Test
    void placeholdersAreFilledInAndOthersAreLeftAlone() {
        assertEquals(
                "cp data/pg_wal/S S 000000010000000000000001 100% %x %",
                WalCommand.of("cp %p %f %r 100%% %x %", Path.of("data"), "S"));
    }
}
