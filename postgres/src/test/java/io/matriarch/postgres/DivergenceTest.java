package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.matriarch.model.DivergedWal;
import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DivergenceTest {

    /** The leader is on 4; it left 1 at 0/1000, 2 at 0/2000, 3 at 0/3000. */
    private static final List<History.Entry> HISTORY =
            TimelineHistory.parse("1\t0/1000\tno recovery target specified\n\n2\t0/2000\tx\n3\t0/3000\tx\n");

    private static Lsn lsn(String text) {
        return Lsn.parse(text).orElseThrow();
    }

    @ParameterizedTest(name = "timeline {0} at {1}, in recovery {2}, checkpoint ends at {3}: diverged {4}")
    @CsvSource({
        // a later timeline than the leader's, or the same
        "5, 0/100,  true,  ,       true",
        "5, 0/100,  false, ,       true",
        "4, 0/9000, true,  ,       false",
        "4, 0/9000, false, ,       false",
        // a parent of the leader's, in recovery: up to the switch point all is common
        "2, 0/1FFF, true,  ,       false",
        "2, 0/2000, true,  ,       false",
        "2, 0/2001, true,  ,       true",
        // shut down as primary: the record at our position is a checkpoint
        "2, 0/2000, false, ,       true",
        "2, 0/2001, false, ,       true",
        "2, 0/1F88, false, 0/2000, false",
        "2, 0/1F88, false, 0/1FF8, true",
        "2, 0/1F88, false, ,       true",
        // positions are unsigned
        "3, FFFFFFFF/FFFFFFFF, true, , true",
    })
    void everyCase(int timeline, String position, boolean inRecovery, String checkpointEnd, boolean expected) {
        var local = new LocalPosition(timeline, lsn(position), inRecovery);

        assertEquals(
                expected,
                Divergence.exists(
                        local,
                        4,
                        HISTORY,
                        () -> Optional.ofNullable(checkpointEnd).flatMap(Lsn::parse)));
    }

    @Test
    void aTimelineThatTheLeaderNeverWasOnHasDiverged() {
        List<History.Entry> withoutTwo = List.of(HISTORY.get(0), HISTORY.get(2));

        assertEquals(true, Divergence.exists(new LocalPosition(2, lsn("0/1"), true), 4, withoutTwo, Optional::empty));
    }

    @Test
    void theCheckpointIsLookedAtOnlyWhenItDecides() {
        Supplier<Optional<Lsn>> notAsked = () -> fail("pg_waldump was run for nothing");

        Divergence.exists(new LocalPosition(4, lsn("0/9000"), false), 4, HISTORY, notAsked);
        Divergence.exists(new LocalPosition(3, lsn("0/3000"), false), 4, HISTORY, notAsked);
        Divergence.exists(new LocalPosition(3, lsn("0/2FFF"), true), 4, HISTORY, notAsked);
    }

    /** Written by a server that was promoted on 1 while its recovery was heading for 3. */
    @ParameterizedTest(name = "timeline {0} at {1}: diverged {2}")
    @CsvSource({"1, 0/900, false", "1, 0/901, true", "2, 0/1001, true", "3, 0/2001, true"})
    void aHistoryWhosePositionsGoBackEndsAtTheLastSwitch(int timeline, String position, boolean expected) {
        List<History.Entry> back = TimelineHistory.parse("1\t0/1000\tx\n2\t0/2000\tx\n3\t0/900\tx\n");

        assertEquals(
                expected,
                Divergence.exists(new LocalPosition(timeline, lsn(position), true), 4, back, Optional::empty));
    }

    /** The leader is on 4 as above; of each timeline the WAL here ends at the position behind the colon. */
    @ParameterizedTest(name = "replayed timeline {0}, here {1}: beyond the history {2}")
    @CsvSource({
        "1, 1:0/1000,               ",
        "1, 1:0/1001,               timeline 1 from 0/1000",
        "1, 1:0/1000 2:0/2000,      ",
        "1, 1:0/1000 2:0/2001,      timeline 2 from 0/2000",
        "1, 1:0/1001 2:0/2001,      timeline 1 from 0/1000",
        // what lies here of earlier timelines is behind us, and of the leader's own all is good
        "2, 1:0/1800 2:0/2000,      ",
        "3, 3:0/3000 4:0/9000,      ",
        // a timeline that the leader never was on
        "1, 1:0/1000 5:0/1100,      timeline 5",
        // the leader's own timeline, and what nobody but us knows behind it, with WAL or its history alone
        "4, 4:0/9000,               ",
        "4, 4:0/9000 5:0/9000,      timeline 5",
        "4, 4:0/9000 6:history,     timeline 6",
        "1, 1:0/1000 6:history,     timeline 6",
        // the leader knows what it was promoted past
        "1, 1:0/1000 2:history,     ",
        "5, 5:0/9000 6:history,     ",
    })
    void walThatMayNotHaveBeenReplayed(int timeline, String here, @Nullable String expected) {
        var ends = new HashMap<Integer, Lsn>();
        var histories = new TreeSet<Integer>();
        for (String end : here.split(" ")) {
            String[] parts = end.split(":");
            if (parts[1].equals("history")) {
                histories.add(Integer.valueOf(parts[0]));
            } else {
                ends.put(Integer.valueOf(parts[0]), lsn(parts[1]));
            }
        }
        var wal = new LocalWal() {
            @Override
            public Set<Integer> timelines() {
                return ends.keySet();
            }

            @Override
            public Set<Integer> known(int newerThan) {
                return histories.tailSet(newerThan, false);
            }

            @Override
            public boolean goesOn(int asked, Lsn behind) {
                return ends.getOrDefault(asked, Lsn.NONE).isAfter(behind);
            }
        };

        assertEquals(
                Optional.ofNullable(expected),
                Divergence.beyond(timeline, 4, HISTORY, wal).map(DivergedWal::toString));
    }
}
