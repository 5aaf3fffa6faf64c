package io.matriarch.ctl;

import io.matriarch.ctl.cli.CommandTree;
import io.matriarch.ctl.cli.Completion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code matriarch share}: writes completions and manual pages where an installation keeps them. For the build. */
@Command(
        name = "share",
        hidden = true,
        mixinStandardHelpOptions = true,
        description = "Writes completions and manual pages below a directory, as /usr/share has them.")
final class ShareCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(index = "0", paramLabel = "DIRECTORY")
    private Path directory = Path.of("");

    @Override
    public Integer call() throws IOException {
        for (CommandTree program : MatriarchCommand.programs(spec, "")) {
            String name = program.name();
            Map<String, String> files = Map.of(
                    "bash-completion/completions/" + name, Completion.BASH.of(program),
                    "zsh/site-functions/_" + name, Completion.ZSH.of(program),
                    "fish/vendor_completions.d/" + name + ".fish", Completion.FISH.of(program),
                    "man/man1/" + name + ".1", ManCommand.page(program));
            for (Map.Entry<String, String> file : files.entrySet()) {
                Path target = directory.resolve(file.getKey());
                Files.createDirectories(target.getParent());
                Files.writeString(target, file.getValue());
            }
        }
        return 0;
    }
}
