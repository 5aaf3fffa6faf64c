package io.matriarch.ctl.drill;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * What has to be put right again, whatever happens: the last first, each once. Ctrl-C and TERM end the process without
 * returning to who started the drill, so it is done then, too.
 */
final class Undo implements AutoCloseable {

    /** Puts one thing right. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    private record Step(String what, Action action) {}

    private final Deque<Step> steps = new ArrayDeque<>();
    private final Consumer<String> notes;
    private final Thread hook;

    /** @param notes told what could not be put right */
    Undo(Consumer<String> notes) {
        this.notes = notes;
        this.hook = new Thread(this::run, "drill-undo");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** @param what for people, when it fails: what they have to do themselves */
    synchronized void add(String what, Action action) {
        steps.push(new Step(what, action));
    }

    /** Puts the latest thing right. */
    synchronized void runLast() {
        Step step = steps.poll();
        if (step != null) {
            perform(step);
        }
    }

    private synchronized void run() {
        while (!steps.isEmpty()) {
            runLast();
        }
    }

    private void perform(Step step) {
        try {
            step.action.run();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            notes.accept("interrupted; left to do: " + step.what);
        } catch (Exception e) {
            notes.accept("not undone (" + e.getMessage() + "); left to do: " + step.what);
        }
    }

    @Override
    public void close() {
        run();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // the process ends already, and the hook found nothing left to do
        }
    }
}
