package io.matriarch.engine.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.Electorate;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.Revision;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExtensionTest {

    private static final Duration TTL = Duration.ofSeconds(3);

    private static Electorate electorate(String names) {
        return new Electorate("p", new TreeSet<>(List.of(names.split(" "))), Duration.ofSeconds(30), new Revision(1));
    }

    /** The last renewal was sent at 0; times in seconds. */
    @ParameterizedTest
    @CsvSource({
        "a b,   a,   10, 13", // one of two is enough
        "a b,   b,   10, 13",
        "a b,   '',  10, ",
        "a b c, a,   10, ",
        "a b c, a c, 10, 13",
        "a b,   x,   10, ", // somebody else's promise
        "a b,   a,   28, 30", // a part does not carry over the limit
        "a b,   a b, 28, 31",
        "a b,   a b, 99, 102",
        "a,     a,   99, 102",
    })
    void oneElectorate(String members, String promised, long asked, Long end) {
        assertEquals(Optional.ofNullable(end).map(ExtensionTest::at), granted(promised, asked, electorate(members)));
    }

    @ParameterizedTest
    @CsvSource({
        "a b, b,   a,   10, ", // the one that may be in the store is not satisfied
        "a b, b,   b,   10, 13",
        "a b, a,   a b, 28, 31",
        "b,   a b, b,   29, 30", // all of the one, a part of the other
    })
    void anElectorateWhoseWritingHadNoAnswer(String confirmed, String doubtful, String promised, long asked, Long end) {
        assertEquals(
                Optional.ofNullable(end).map(ExtensionTest::at),
                granted(promised, asked, electorate(confirmed), electorate(doubtful)));
    }

    private static Optional<MonotonicTime> granted(String promised, long asked, Electorate... possible) {
        return Extension.granted(List.of(possible), Set.of(promised.split(" ")), at(asked), TTL, at(0));
    }

    private static MonotonicTime at(long seconds) {
        return new MonotonicTime(Duration.ofSeconds(seconds).toNanos());
    }
}
