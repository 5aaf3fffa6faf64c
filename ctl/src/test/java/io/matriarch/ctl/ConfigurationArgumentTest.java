package io.matriarch.ctl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our own commands take their configuration in one way, and those that took it as an argument still do. */
class ConfigurationArgumentTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"explain", "bootstrap", "witness"})
    void anOptionAndAnArgumentMeanTheSame(String command) {
        String gone = directory.resolve("gone.yml").toString();
        // what is wrong is the file, and not the command line
        assertEquals(1, execute(command, "-c", gone));
        assertEquals(1, execute(command, "--config-file", gone));
        assertEquals(1, execute(command, gone));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"status", "doctor", "monitor", "drill", "explain", "bootstrap", "witness", "config explain"})
    void everyCommandNamesTheOption(String words) {
        var out = new StringWriter();
        String[] command = (words + " --help").split(" ", -1);
        assertEquals(
                0, MatriarchCommand.commandLine().setOut(new PrintWriter(out)).execute(command));
        assertTrue(out.toString().contains("-c, --config-file"), out.toString());
    }

    @Test
    void aWitnessNeedsOne() {
        assertEquals(2, execute("witness"));
    }

    private static int execute(String... words) {
        return MatriarchCommand.commandLine()
                .setErr(new PrintWriter(new StringWriter()))
                .execute(words);
    }
}
