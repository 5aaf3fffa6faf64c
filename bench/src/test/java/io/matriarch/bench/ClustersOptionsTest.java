package io.matriarch.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.bench.Options.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClustersOptionsTest {

    @Test
    void whatIsNotSaidHasItsDefault() throws Exception {
        assertEquals(new ClustersOptions(List.of(25, 100, 250, 500), 2, 60, 10), parse());
        assertEquals(
                new ClustersOptions(List.of(3, 7), 5, 20, 1),
                parse("--clusters", "3,7", "--members", "5", "--seconds", "20", "--loop-wait", "1"));
    }

    @Test
    void aWrongValueIsNamed() {
        assertEquals(
                "--clusters: numbers from 1 to 4000 with commas between, not 25,,50", wrong("--clusters", "25,,50"));
        assertEquals("--members: a number from 1 to 50, not 0", wrong("--members", "0"));
        assertEquals("--seconds: a number from 10 to 3600, not ten", wrong("--seconds", "ten"));
        assertEquals("--loop-wait: a number from 1 to 60, not 99999999999", wrong("--loop-wait", "99999999999"));
        assertEquals("at most 4000 agents, not 4500", wrong("--clusters", "1,1500", "--members", "3"));
    }

    @Test
    void anUnknownOptionIsNamed() {
        assertEquals("--speed: no such option", wrong("--speed", "3"));
        assertEquals("--members: no such option, or it needs a value", wrong("--members"));
    }

    private static ClustersOptions parse(String... words) throws UsageException {
        return ClustersOptions.parse(words);
    }

    private static String wrong(String... words) {
        return assertThrows(UsageException.class, () -> parse(words)).getMessage();
    }
}
