package io.matriarch.simulator;

import java.lang.reflect.Method;
import java.time.Duration;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** Runs each test method in a fiber of a world, so that it may call what blocks there. */
public final class InFiber implements InvocationInterceptor {

    private static final Duration LONGEST_TEST = Duration.ofHours(1);

    private final Scheduler world;

    public InFiber(Scheduler world) {
        this.world = world;
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        var outcome = new Throwable[1];
        var done = new boolean[1];
        world.program("test").start("test", () -> {
            try {
                invocation.proceed();
            } catch (FiberDeath e) {
                throw e;
            } catch (Throwable e) {
                outcome[0] = e;
            }
            done[0] = true;
        });
        boolean ended = world.runUntil(() -> done[0], LONGEST_TEST);
        world.close();
        if (outcome[0] != null) {
            throw outcome[0];
        }
        if (!ended) {
            throw new AssertionError("the test did not end within " + LONGEST_TEST + " of its world");
        }
    }
}
