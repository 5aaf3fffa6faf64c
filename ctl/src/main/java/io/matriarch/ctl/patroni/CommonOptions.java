package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Arguments;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Syntax;
import io.matriarch.ctl.cli.UsageError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Options that many commands share, with their reading (contract ctl.md 3, "Common options"). */
final class CommonOptions {

    private CommonOptions() {}

    static Syntax group(Syntax syntax) {
        return syntax.value("INTEGER", "Citus group", "--group");
    }

    static Syntax force(Syntax syntax) {
        return syntax.flag("Do not ask for confirmation at any point", "--force");
    }

    static Syntax role(Syntax syntax) {
        return syntax.choice("ROLE", "Act only on members with this role", MemberRole.WORDS, "-r", "--role");
    }

    static Syntax format(Syntax syntax) {
        return syntax.choice("FORMAT", "Output format", Format.WORDS, "-f", "--format");
    }

    static Syntax watch(Syntax syntax) {
        return syntax.value("SECONDS", "Auto update the screen every so many seconds", "-w", "--watch")
                .flag("Auto update the screen every 2 seconds", "-W");
    }

    static @Nullable Integer group(Arguments arguments) throws UsageError {
        return arguments.integer("--group");
    }

    /** For commands about one group of a Citus cluster: that of the configuration when none was named. */
    static @Nullable Integer groupOrConfigured(Arguments arguments, Session session) throws CommandFailure {
        Integer given = group(arguments);
        return given == null ? session.settings().citusGroup() : given;
    }

    static boolean force(Arguments arguments) {
        return arguments.has("--force");
    }

    static Format format(Arguments arguments) throws UsageError {
        return Format.of(arguments.choice("--format"));
    }

    /** @return null when it was not given */
    static @Nullable MemberRole role(Arguments arguments) throws UsageError {
        return MemberRole.of(arguments.choice("--role"));
    }

    /** The arguments of a command, or the cluster of the configuration; empty, with a warning, when there is neither. */
    static List<String> clustersOrScope(Arguments arguments, Session session) throws CommandFailure {
        if (!arguments.words().isEmpty()) {
            return arguments.words();
        }
        String scope = session.settings().scope();
        if (scope == null) {
            Warnings.log("Listing members: No cluster names were provided");
            return List.of();
        }
        return List.of(scope);
    }

    /** The only argument of a command, or the cluster of the configuration. */
    static String clusterOrScope(Arguments arguments, Session session) throws CommandFailure {
        arguments.atMost(1);
        String given = arguments.word(0);
        String name = given == null ? session.settings().scope() : given;
        if (name == null) {
            throw arguments.error("Missing argument 'CLUSTER_NAME'.");
        }
        return name;
    }

    /** The first argument of a command that needs one. */
    static String cluster(Arguments arguments) throws UsageError {
        String name = arguments.word(0);
        if (name == null) {
            throw arguments.error("Missing argument 'CLUSTER_NAME'.");
        }
        return name;
    }
}
