package io.matriarch.ctl;

import io.matriarch.ctl.cli.CommandTree;
import io.matriarch.ctl.cli.ManualPage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code matriarch man}: the manual pages of our commands. */
@Command(
        name = "man",
        mixinStandardHelpOptions = true,
        description = {"Prints a manual page.", "To read it: matriarch man patronictl | man -l -"})
final class ManCommand implements Runnable {

    private static final String EXIT_STATUS = """
        .SH EXIT STATUS
        0 on success, 1 when something went wrong, 2 when the command line was not understood. A request that a
        member refused is printed as "Failed: ..." with exit status 0.
        .SH FILES
        .TP
        ~/.config/patroni/patronictl.yaml
        the configuration unless \\fB\\-c\\fR or \\fBPATRONICTL_CONFIG_FILE\\fR names another one; that of the daemon serves, too
        .SH ENVIRONMENT
        .TP
        \\fBPATRONICTL_CONFIG_FILE\\fR, \\fBDCS_URL\\fR, \\fBPATRONI_*\\fR
        configuration
        .TP
        \\fBEDITOR\\fR, \\fBPAGER\\fR
        for \\fBedit\\-config\\fR
        .TP
        \\fBNO_COLOR\\fR, \\fBTERM\\fR, \\fBLANG\\fR
        colours and drawn lines on a terminal: none of both with TERM=dumb, no colours with NO_COLOR=1, lines with a UTF\\-8 locale
        .TP
        \\fBPGUSER\\fR, \\fBPGPASSWORD\\fR, \\fBPGPASSFILE\\fR, \\fBPGDATABASE\\fR, \\fBPGSSLMODE\\fR, ...
        for \\fBquery\\fR
        """;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "PROGRAM",
            description = "patronictl or matriarch; matriarch unless given")
    private String program = "matriarch";

    @Override
    public void run() {
        MatriarchCommand.describe(spec, program, ManCommand::page);
    }

    static String page(CommandTree program) {
        return ManualPage.of(program, program.name().equals("patronictl") ? EXIT_STATUS : "");
    }
}
