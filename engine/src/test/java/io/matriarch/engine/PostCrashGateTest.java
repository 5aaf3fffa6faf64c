package io.matriarch.engine;

import static io.matriarch.engine.Given.leader;
import static io.matriarch.engine.Given.replica;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.matriarch.engine.sync.PostCrashGate;
import io.matriarch.engine.sync.Walsender;
import io.matriarch.model.Lsn;
import io.matriarch.model.PostgresState;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** When ordinary clients wait outside after a crash. This node is n1; the WAL ended at 1000 when it had recovered. */
class PostCrashGateTest {

    private static final String MODE = "{\"synchronous_mode\":true,\"matriarch\":{\"post_crash_gate\":true}}";
    private static final String OFF = "{\"synchronous_mode\":true,\"matriarch\":{\"post_crash_gate\":false}}";
    private static final String ASYNCHRONOUS = "{\"matriarch\":{\"post_crash_gate\":true}}";

    private static Given crashed() {
        return leader().config(MODE).sync("n1", "n0").down(PostgresState.CRASHED, "in production");
    }

    static Stream<Arguments> starts() {
        return Stream.of(
                arguments("a crashed leader of the set", crashed(), true),
                arguments(
                        "the same, recovered in single-user mode",
                        crashed().down(PostgresState.CRASHED, "shut down").crashRecoveryDone(),
                        true),
                arguments("the same, and nobody leads", crashed().leaderIs(null), true),
                arguments("a clean stop", crashed().down(PostgresState.STOPPED, "shut down"), false),
                arguments("another member leads", crashed().leaderIs("n2"), false),
                arguments("another member led since", crashed().sync("n2", "n0"), false),
                arguments("nobody else can be elected", crashed().sync("n1"), false),
                arguments("switched off", crashed().config(OFF), false),
                arguments("asynchronous", crashed().config(ASYNCHRONOUS), false));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("starts")
    void itIsClosedBeforeTheStartOfWhatCrashed(String name, Given given, boolean due) {
        assertEquals(due, PostCrashGate.isDue(given.situation()), name);
    }

    private static Walsender standby(String name, long flushed) {
        Lsn at = new Lsn(flushed);
        return new Walsender(1, name, null, name, "streaming", "sync", at, at, at, at);
    }

    private static Walsender through(String slot, String name) {
        Lsn at = new Lsn(2000);
        return new Walsender(2, name, null, slot, "streaming", "sync", at, at, at, at);
    }

    static Stream<Arguments> looks() {
        Given both = leader().config(MODE).sync("n1", "n0", "n2");
        Given any = leader().config(MODE).quorumSync(1, "n1", "n0", "n2");
        return Stream.of(
                closed(both, "the WAL up to 0/3E8 must be on 2 of the synchronous set and is on 0; not on n0, n2"),
                closed(
                        both,
                        "the WAL up to 0/3E8 must be on 2 of the synchronous set and is on 1; not on n2",
                        standby("n0", 1000),
                        standby("n2", 999)),
                closed(
                        both,
                        "the WAL up to 0/3E8 must be on 2 of the synchronous set and is on 1; not on n2",
                        standby("n0", 1000),
                        through("archive", "n2")),
                open(both, "the synchronous set holds the WAL up to 0/3E8", standby("n0", 1000), standby("n2", 1001)),
                open(any, "the synchronous set holds the WAL up to 0/3E8", standby("n2", 1000)),
                closed(
                        any,
                        "the WAL up to 0/3E8 must be on 1 of the synchronous set and is on 0; not on n0, n2",
                        standby("n2", 999)),
                open(leader().config(MODE).sync("n1"), "no other member can be elected"),
                open(leader().config(OFF).sync("n1", "n0"), "it is switched off"),
                open(leader().config(ASYNCHRONOUS).sync("n1", "n0"), "it is switched off"),
                open(replica().config(MODE).leaderIs("n2").sync("n1", "n0"), "another member leads, or led since"),
                open(replica().config(MODE).sync("n2", "n0"), "another member leads, or led since"));
    }

    private static Arguments open(Given given, String why, Walsender... senders) {
        return arguments(given, new PostCrashGate.Open(why), senders);
    }

    private static Arguments closed(Given given, String why, Walsender... senders) {
        return arguments(given, new PostCrashGate.Closed(why), senders);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("looks")
    void itOpensWhenWhoeverCanBeElectedHasMetTheEndOfTheWal(Given given, PostCrashGate expected, Walsender[] senders) {
        List<Walsender> all = Arrays.asList(senders);
        assertEquals(expected, PostCrashGate.decide(given.situation(), true, new Lsn(1000), all));
    }

    @ParameterizedTest
    @MethodSource("unfinished")
    void itStaysClosedWhileThisNodeIsNotPrimary(boolean leads, Lsn end) {
        assertEquals(
                new PostCrashGate.Closed("this node is not primary yet"),
                PostCrashGate.decide(
                        leader().config(MODE).sync("n1", "n0").situation(), leads, end, List.of(standby("n0", 1000))));
    }

    static Stream<Arguments> unfinished() {
        return Stream.of(arguments(false, new Lsn(1000)), arguments(true, Lsn.NONE));
    }
}
