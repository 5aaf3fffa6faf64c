package io.matriarch.ctl.cli;

/** How the work of a tool becomes an exit code. */
public final class Program {

    /** A tool. */
    @FunctionalInterface
    public interface Work {
        void run(Terminal terminal) throws CommandFailure, InterruptedException;
    }

    private Program() {}

    /** Runs a tool; the exit code of contract ctl.md 1. Never throws, so that nobody ever sees a stack trace. */
    public static int run(Terminal terminal, Work work) {
        try {
            work.run(terminal);
            return 0;
        } catch (UsageError e) {
            terminal.error(e.text());
            return 2;
        } catch (Aborted e) {
            terminal.error("Aborted!");
            return 1;
        } catch (CommandFailure e) {
            terminal.error("Error: " + e.getMessage());
            return 1;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            terminal.error("Aborted!");
            return 1;
        } catch (RuntimeException e) {
            terminal.error("Error: unexpected " + e + " at " + origin(e)
                    + ". This is a defect of the program; please report it.");
            return 1;
        } finally {
            terminal.flush();
        }
    }

    private static String origin(RuntimeException e) {
        return e.getStackTrace().length == 0 ? "an unknown place" : e.getStackTrace()[0].toString();
    }
}
