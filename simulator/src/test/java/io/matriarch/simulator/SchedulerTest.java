package io.matriarch.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerTest {

    private final Scheduler world = new Scheduler(1, Trace.kept());
    private final HostClock clock = new HostClock(world, 7_000_000_000L, 0);
    private final List<String> said = new ArrayList<>();

    @AfterEach
    void end() {
        world.close();
    }

    private void say(String what) {
        said.add(world.nanos() / 1_000_000 + " " + what);
    }

    private void sayEvery(Duration pause, String what, int times) {
        for (int i = 0; i < times; i++) {
            clock.sleep(pause);
            say(what);
        }
    }

    @Test
    void whatIsDueAtTheSameTimeHappensInTheOrderOfItsArrival() {
        Program a = world.program("a");
        a.start("x", () -> sayEvery(Duration.ofMillis(20), "x", 2));
        a.start("y", () -> sayEvery(Duration.ofMillis(10), "y", 4));
        world.after(Duration.ofMillis(20), "z", () -> say("z"));

        world.run(Duration.ofSeconds(1));

        assertEquals(List.of("10 y", "20 z", "20 x", "20 y", "30 y", "40 x", "40 y"), said);
    }

    @Test
    void aFrozenProgramIsLate() {
        Program a = world.program("a");
        a.start("x", () -> sayEvery(Duration.ofMillis(10), "x", 3));
        a.after(Duration.ofMillis(15), "e", () -> say("e"));
        world.after(Duration.ofMillis(12), "freeze", a::freeze);
        world.after(Duration.ofMillis(50), "thaw", a::thaw);

        world.run(Duration.ofSeconds(1));

        assertEquals(List.of("10 x", "50 e", "50 x", "60 x"), said);
    }

    @Test
    void aDeadProgramDoesNothingMore() {
        Program a = world.program("a");
        Program b = world.program("b");
        a.start("x", () -> {
            try {
                sayEvery(Duration.ofMillis(10), "x", 9);
            } finally {
                clock.now();
                say("never");
            }
        });
        a.start("y", () -> sayEvery(Duration.ofMillis(7), "y", 9));
        a.after(Duration.ofMillis(40), "late", () -> say("late"));
        a.atEnd(() -> say("end"));
        b.start("killer", () -> {
            clock.sleep(Duration.ofMillis(15));
            a.kill();
            say("killed");
        });

        world.run(Duration.ofSeconds(1));

        assertEquals(List.of("7 y", "10 x", "14 y", "15 end", "15 killed"), said);
    }

    @Test
    void aProgramMayKillItself() {
        Program a = world.program("a");
        a.start("x", () -> {
            clock.sleep(Duration.ofMillis(3));
            a.kill();
            say("never");
        });
        a.start("y", () -> sayEvery(Duration.ofMillis(2), "y", 9));

        world.run(Duration.ofSeconds(1));

        assertEquals(List.of("2 y"), said);
    }

    @Test
    void anEventMayKillTheProgramOnWhoseThreadItHappens() {
        Program a = world.program("a");
        a.start("x", () -> sayEvery(Duration.ofMillis(10), "x", 9));
        world.after(Duration.ofMillis(15), "kill", a::kill);

        world.run(Duration.ofSeconds(1));

        assertEquals(List.of("10 x"), said);
        assertFalse(a.isAlive());
    }

    @Test
    void aFailureEndsTheRunAndReachesTheDriver() {
        world.program("a").start("x", () -> {
            clock.sleep(Duration.ofMillis(1));
            throw new IllegalStateException("on purpose");
        });

        assertThrows(IllegalStateException.class, () -> world.run(Duration.ofSeconds(1)));
        assertThrows(IllegalStateException.class, () -> world.run(Duration.ofSeconds(1)));
    }

    @Test
    void theCheckAfterEachStepSeesEveryState() {
        int[] value = {0};
        int[] worst = {0};
        world.afterStep(() -> worst[0] = Math.max(worst[0], value[0]));
        world.program("a").start("x", () -> {
            value[0] = 7;
            clock.sleep(Duration.ofMillis(1));
            value[0] = 0;
        });

        world.run(Duration.ofSeconds(1));

        assertEquals(7, worst[0]);
    }

    @Test
    void anEventMustNotBlock() {
        world.after(Duration.ZERO, "sleeps", () -> clock.sleep(Duration.ofMillis(1)));

        assertThrows(IllegalStateException.class, () -> world.run(Duration.ofSeconds(1)));
    }

    @Test
    void aRunMayBeContinued() {
        world.program("a").start("x", () -> sayEvery(Duration.ofMillis(10), "x", 3));

        world.run(Duration.ofMillis(15));
        assertEquals(List.of("10 x"), said);
        assertTrue(world.runUntil(() -> said.size() == 2, Duration.ofSeconds(1)));
        assertEquals(20_000_000, world.nanos());
        assertFalse(world.runUntil(() -> said.size() == 4, Duration.ofSeconds(1)));
        assertEquals(1_020_000_000, world.nanos());
    }

    @Test
    void handsTheBatonOverQuickly() {
        Program a = world.program("a");
        int times = 50_000;
        for (int i = 0; i < 2; i++) {
            a.start("f" + i, () -> {
                for (int n = 0; n < times; n++) {
                    clock.sleep(Duration.ofMillis(1));
                }
            });
        }
        long before = System.nanoTime();
        world.run(Duration.ofHours(1));
        double seconds = (System.nanoTime() - before) / 1e9;
        assertTrue(world.switches() >= 2L * times);
        System.out.printf("%.0f switches/s%n", world.switches() / seconds);
    }
}
