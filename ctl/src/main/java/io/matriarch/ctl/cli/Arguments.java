package io.matriarch.ctl.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParseResult;

/** What was given on a command line, read by the names in its {@link Syntax}. */
public final class Arguments {

    private final Syntax syntax;
    private final ParseResult parsed;

    Arguments(Syntax syntax, ParseResult parsed) {
        this.syntax = syntax;
        this.parsed = parsed;
    }

    public boolean wantsHelp() {
        return Syntax.isHelp(parsed);
    }

    public boolean has(String option) {
        return parsed.hasMatchedOption(option);
    }

    /** The value of an option, null when it was not given. */
    public @Nullable String text(String option) {
        return parsed.matchedOptionValue(option, null);
    }

    public String text(String option, String otherwise) {
        String given = text(option);
        return given == null ? otherwise : given;
    }

    /** All values of an option in their order. */
    public List<String> texts(String option) {
        return parsed.matchedOptionValue(option, List.of());
    }

    /** @throws UsageError when it is not a whole number */
    public @Nullable Integer integer(String option) throws UsageError {
        String given = text(option);
        if (given == null) {
            return null;
        }
        try {
            return Integer.valueOf(given.strip());
        } catch (NumberFormatException _) {
            throw invalid(option, "'" + given + "' is not a valid integer.");
        }
    }

    /** @throws UsageError when it is not a number of seconds above zero */
    public @Nullable Double seconds(String option) throws UsageError {
        String given = text(option);
        if (given == null) {
            return null;
        }
        try {
            double seconds = Double.parseDouble(given);
            if (seconds > 0 && seconds < Integer.MAX_VALUE) {
                return seconds;
            }
        } catch (NumberFormatException _) {
            // falls through to the message
        }
        throw invalid(option, "'" + given + "' is not a valid float.");
    }

    /**
     * The value of a {@linkplain Syntax#choice choice}, null when it was not given.
     *
     * @throws UsageError for a word that is none of them
     */
    public @Nullable String choice(String option) throws UsageError {
        String given = text(option);
        if (given == null) {
            return null;
        }
        var words = new ArrayList<String>();
        parsed.matchedOption(option).completionCandidates().forEach(words::add);
        if (words.contains(given)) {
            return given;
        }
        throw invalid(option, "'" + given + "' is not one of '" + String.join("', '", words) + "'.");
    }

    /** The arguments that are no options. */
    public List<String> words() {
        return parsed.matchedPositionalValue(0, List.of());
    }

    /** The argument at a position, null when there are less. */
    public @Nullable String word(int index) {
        List<String> words = words();
        return index < words.size() ? words.get(index) : null;
    }

    /** @throws UsageError when more than {@code limit} arguments were given */
    public void atMost(int limit) throws UsageError {
        List<String> words = words();
        if (words.size() > limit) {
            throw syntax.error(
                    "Got unexpected extra argument (" + String.join(" ", words.subList(limit, words.size())) + ")");
        }
    }

    /** An error in what was given. */
    public UsageError error(String message) {
        return syntax.error(message);
    }

    private UsageError invalid(String option, String problem) {
        var found = parsed.matchedOption(option);
        String shown = found == null ? option : found.longestName();
        return syntax.error("Invalid value for '" + shown + "': " + problem);
    }
}
