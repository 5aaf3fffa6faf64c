package io.matriarch.ctl.cli;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Standard input, output and error of a tool, and the questions it asks (contract ctl.md 1). Text is UTF-8 whatever the
 * locale says, as in the peer.
 */
public final class Terminal {

    private static final String CLEAR_SCREEN = "\u001b[2J\u001b[1;1H";

    private final BufferedReader in;
    private final PrintStream out;
    private final PrintStream err;
    private final Screen screen;

    /** @param screen what {@code out} can show */
    public Terminal(InputStream in, PrintStream out, PrintStream err, Screen screen) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.out = out;
        this.err = err;
        this.screen = screen;
    }

    /** The streams of this process. */
    public static Terminal ofProcess() {
        Screen screen = Screen.of(isTerminal(), System.getenv());
        return new Terminal(System.in, stream(FileDescriptor.out), stream(FileDescriptor.err), screen);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }

    /** The JDK's own console means standard input, too, and loads ten times as many classes. */
    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException _) {
            return false; // without /proc nobody can tell: plain output is right everywhere
        }
    }

    /** What the output can show. */
    public Screen screen() {
        return screen;
    }

    /** Prints a line. */
    public void line(String text) {
        out.print(text);
        out.print('\n');
    }

    /**
     * Shows how far something is, in place of what was shown before; the empty text removes it. Only a person at a screen
     * sees it: files and pipes get what is printed in lines.
     */
    public void progress(String text) {
        if (screen.colours() || screen.lines()) {
            out.print("\r\u001b[K" + text);
            out.flush();
        }
    }

    /** Prints text as it is. */
    public void print(String text) {
        out.print(text);
    }

    /** Prints a line to standard error, after everything that was printed before. */
    public void error(String text) {
        out.flush();
        err.print(text);
        err.print('\n');
        err.flush();
    }

    public void flush() {
        out.flush();
    }

    /** Empties the screen, if there is one. */
    public void clear() {
        if (screen.terminal()) {
            out.print(CLEAR_SCREEN);
        }
    }

    /**
     * Asks a question until it is answered with yes or no; nothing typed means no.
     *
     * @throws Aborted at the end of the input
     */
    public boolean confirm(String question) throws Aborted {
        while (true) {
            switch (ask(question + " [y/N]: ").strip().toLowerCase(Locale.ROOT)) {
                case "y", "yes" -> {
                    return true;
                }
                case "n", "no", "" -> {
                    return false;
                }
                default -> line("Error: invalid input");
            }
        }
    }

    /**
     * Asks for a value.
     *
     * @param otherwise what nothing typed means; null: asked again until something is typed
     * @throws Aborted at the end of the input
     */
    public String prompt(String text, @Nullable String otherwise) throws Aborted {
        String question = otherwise == null ? text + ": " : text + " [" + otherwise + "]: ";
        while (true) {
            String answer = ask(question);
            if (!answer.isEmpty()) {
                return answer;
            }
            if (otherwise != null) {
                return otherwise;
            }
        }
    }

    /**
     * Asks for something that must not be seen: what is typed does not appear on the terminal. Repeated until something
     * is typed.
     *
     * @throws Aborted at the end of the input
     */
    public String secret(String text) throws Aborted {
        try (var typing = new HiddenTyping()) {
            String answer = "";
            while (answer.isEmpty()) {
                answer = ask(text + ": ", typing::close);
                line(""); // the end of the line that was typed is not seen either
            }
            return answer;
        }
    }

    /** All that is left of standard input. */
    public String readAll() throws IOException {
        var text = new StringBuilder();
        var buffer = new char[8192];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            text.append(buffer, 0, read);
        }
        return text.toString();
    }

    private String ask(String question) throws Aborted {
        return ask(question, () -> {});
    }

    private String ask(String question, Runnable onInterrupt) throws Aborted {
        out.print(question);
        out.flush();
        try (var _ = new InterruptNotice(this, onInterrupt)) {
            String answer = in.readLine();
            if (answer != null) {
                return answer;
            }
        } catch (IOException _) {
            // a broken input is an ended one
        }
        throw new Aborted();
    }
}
