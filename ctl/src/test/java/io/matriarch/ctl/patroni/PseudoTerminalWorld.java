package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.Json;
import io.matriarch.model.Key;
import io.matriarch.model.Timing;
import java.nio.file.Path;
import java.util.Arrays;

/** The program that {@link PseudoTerminalTest} runs: the tool on its real terminal, beside a cluster in the same process. */
final class PseudoTerminalWorld {

    private PseudoTerminalWorld() {}

    /** The first argument is a directory, the others are the command. Prints afterwards what came of it. */
    public static void main(String[] arguments) throws Exception {
        int code;
        try (var n0 = new FakeMember()) {
            n0.answers("POST /switchover", 200, "Successfully switched over to \"n1\"");
            var world = new ToolWorld(Path.of(arguments[0]))
                    .put(Key.CONFIG, "{\"ttl\":30}")
                    .member("n0", "{\"api_url\":\"" + n0.apiUrl() + "\",\"state\":\"running\",\"role\":\"primary\"}")
                    .member("n1", "{\"state\":\"running\",\"role\":\"replica\"}")
                    .leader("n0");
            world.environment.putAll(System.getenv());
            code = world.run(Terminal.ofProcess(), Arrays.copyOfRange(arguments, 1, arguments.length));
            var view = world.server.connect("", Timing.DEFAULT).load();
            var config = view.config();
            System.out.println("requests " + n0.requests());
            System.out.println("config "
                    + (config == null ? "" : Json.compact(config.config().document())));
            System.out.println("members " + view.members().keySet());
            System.out.println("code " + code);
        }
        System.exit(code);
    }
}
