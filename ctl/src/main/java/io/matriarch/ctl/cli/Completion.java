package io.matriarch.ctl.cli;

import io.matriarch.ctl.cli.CommandTree.Kind;
import io.matriarch.ctl.cli.CommandTree.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** Scripts that let a shell complete commands, options and the words that options take. Names of clusters are not offered: asking the store at each key would be too slow. */
public enum Completion {
    BASH {
        @Override
        public String of(CommandTree program) {
            return new Bash(program).script();
        }
    },
    ZSH {
        @Override
        public String of(CommandTree program) {
            return new Zsh(program).script();
        }
    },
    FISH {
        @Override
        public String of(CommandTree program) {
            return new Fish(program).script();
        }
    };

    /** The script for one program. */
    public abstract String of(CommandTree program);

    /** A command and the words that lead to it, without the program's. */
    private record Place(List<String> path, CommandTree command) {
        Place {
            path = List.copyOf(path);
        }

        String words() {
            return String.join(" ", path);
        }

        /** All places from here down. */
        List<Place> all() {
            var places = new ArrayList<Place>();
            places.add(this);
            for (CommandTree below : command.commands()) {
                var longer = new ArrayList<>(path);
                longer.add(below.name());
                places.addAll(new Place(longer, below).all());
            }
            return places;
        }

        static List<Place> of(CommandTree program) {
            return new Place(List.of(), program).all();
        }
    }

    private static String names(CommandTree command) {
        var words = new StringJoiner(" ");
        command.commands().forEach(below -> words.add(below.name()));
        return words.toString();
    }

    /** The first sentence of a description, without characters that mean something to a shell. */
    private static String plain(String description) {
        int end = description.indexOf(". ");
        String sentence = end < 0 ? description : description.substring(0, end);
        return sentence.replaceAll("[\\[\\]:'\"\\\\`$]", "").strip();
    }

    /** One function that finds the command among the words so far. */
    private record Bash(CommandTree program) {
        String script() {
            String function = "_" + program.name();
            var steps = new StringBuilder();
            var valued = new StringBuilder();
            var values = new StringBuilder();
            var offers = new StringBuilder();
            for (Place place : Place.of(program)) {
                var options = new StringJoiner(" ");
                for (Option option : place.command().options()) {
                    option.names().forEach(options::add);
                    if (option.label() != null) {
                        String pattern = pattern(place, option);
                        valued.append("            ").append(pattern).append(") skip=1 ;;\n");
                        values.append("        ")
                                .append(pattern)
                                .append(") ")
                                .append(value(option))
                                .append(" ;;\n");
                    }
                }
                for (CommandTree below : place.command().commands()) {
                    String longer = (place.words() + " " + below.name()).strip();
                    steps.append("            '")
                            .append(place.words())
                            .append('|')
                            .append(below.name())
                            .append("') path='")
                            .append(longer)
                            .append("' ;;\n");
                }
                offers.append("        '")
                        .append(place.words())
                        .append("') options='")
                        .append(options)
                        .append("'; words='")
                        .append(names(place.command()))
                        .append("'; files=")
                        .append(place.command().argumentKind() == Kind.FILE ? "1" : "")
                        .append(" ;;\n");
            }
            return """
                # bash completion for @NAME@
                @FUNCTION@() {
                    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= skip= i options= words= files=
                    COMPREPLY=()
                    for ((i = 1; i < COMP_CWORD; i++)); do
                        if [[ -n $skip ]]; then
                            skip=
                            continue
                        fi
                        case "$path|${COMP_WORDS[i]}" in
                @VALUED@@STEPS@        esac
                    done
                    case "$path|$prev" in
                @VALUES@    esac
                    case $path in
                @OFFERS@    esac
                    if [[ $cur == -* ]]; then
                        COMPREPLY=($(compgen -W "$options" -- "$cur"))
                    elif [[ -n $words ]]; then
                        COMPREPLY=($(compgen -W "$words" -- "$cur"))
                    elif [[ -n $files ]]; then
                        COMPREPLY=($(compgen -f -- "$cur"))
                    fi
                }
                complete -o filenames -F @FUNCTION@ @NAME@
                """.replace("@FUNCTION@", function)
                    .replace("@NAME@", program.name())
                    .replace("@VALUED@", valued)
                    .replace("@STEPS@", steps)
                    .replace("@VALUES@", values)
                    .replace("@OFFERS@", offers);
        }

        private static String pattern(Place place, Option option) {
            var patterns = new StringJoiner("|");
            option.names().forEach(name -> patterns.add("'" + place.words() + "|" + name + "'"));
            return patterns.toString();
        }

        private static String value(Option option) {
            return switch (option.kind()) {
                case TEXT -> "return";
                case FILE -> "COMPREPLY=($(compgen -f -- \"$cur\")); return";
                case WORD ->
                    "COMPREPLY=($(compgen -W \"" + String.join(" ", option.words()) + "\" -- \"$cur\")); return";
            };
        }
    }

    /** One function for each command, in the form that {@code _arguments} reads. */
    private record Zsh(CommandTree program) {
        String script() {
            var out = new StringBuilder("#compdef " + program.name() + "\n");
            for (Place place : Place.of(program)) {
                out.append(function(place));
            }
            // read by "source" it registers itself, found on the function path it completes at once
            return out.append("if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n    ")
                    .append(functionName(List.of()))
                    .append(" \"$@\"\nelse\n    compdef ")
                    .append(functionName(List.of()))
                    .append(' ')
                    .append(program.name())
                    .append("\nfi\n")
                    .toString();
        }

        private String functionName(List<String> path) {
            return "_" + program.name()
                    + (path.isEmpty() ? "" : "_" + String.join("_", path).replace('-', '_'));
        }

        private String function(Place place) {
            var out = new StringBuilder(
                    functionName(place.path()) + "() {\n    local curcontext=$curcontext state line\n");
            out.append("    _arguments -s -C");
            for (Option option : place.command().options()) {
                for (String name : option.names()) {
                    out.append(" \\\n        '")
                            .append(name)
                            .append('[')
                            .append(plain(option.description()))
                            .append(']');
                    if (option.label() != null) {
                        out.append(':').append(option.label()).append(':').append(value(option));
                    }
                    out.append('\'');
                }
            }
            if (place.command().commands().isEmpty()) {
                out.append(place.command().argumentKind() == Kind.FILE ? " \\\n        '*:file:_files'" : "");
                return out.append("\n}\n").toString();
            }
            out.append(" \\\n        '1: :->command' '*::: :->arguments'\n    case $state in\n        command)\n");
            out.append("            local -a commands=(\n");
            for (CommandTree below : place.command().commands()) {
                out.append("                '")
                        .append(below.name())
                        .append(':')
                        .append(plain(below.description()))
                        .append("'\n");
            }
            out.append("            )\n            _describe command commands\n            ;;\n        arguments)\n");
            out.append("            case $words[1] in\n");
            for (CommandTree below : place.command().commands()) {
                var longer = new ArrayList<>(place.path());
                longer.add(below.name());
                out.append("                ")
                        .append(below.name())
                        .append(") ")
                        .append(functionName(longer))
                        .append(" ;;\n");
            }
            return out.append("            esac\n            ;;\n    esac\n}\n").toString();
        }

        private static String value(Option option) {
            return switch (option.kind()) {
                case TEXT -> " ";
                case FILE -> "_files";
                case WORD -> "(" + String.join(" ", option.words()) + ")";
            };
        }
    }

    /** One line for each command and option, with the condition under which it is offered. */
    private record Fish(CommandTree program) {
        String script() {
            var out = new StringBuilder("# fish completion for " + program.name() + "\n");
            out.append("complete -c ").append(program.name()).append(" -f\n");
            for (Place place : Place.of(program)) {
                String condition = condition(place);
                for (CommandTree below : place.command().commands()) {
                    out.append(line(condition))
                            .append(" -a ")
                            .append(below.name())
                            .append(" -d '")
                            .append(plain(below.description()))
                            .append("'\n");
                }
                for (Option option : place.command().options()) {
                    out.append(line(condition));
                    for (String name : option.names()) {
                        out.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
                    }
                    out.append(value(option))
                            .append(" -d '")
                            .append(plain(option.description()))
                            .append("'\n");
                }
                if (place.command().argumentKind() == Kind.FILE) {
                    out.append(line(condition)).append(" -F\n");
                }
            }
            return out.toString();
        }

        private String line(String condition) {
            return "complete -c " + program.name() + " -n '" + condition + "'";
        }

        /** True where this place's own words and options belong. */
        private static String condition(Place place) {
            var conditions = new StringJoiner("; and ");
            place.path().forEach(word -> conditions.add("__fish_seen_subcommand_from " + word));
            if (!place.command().commands().isEmpty()) {
                conditions.add("not __fish_seen_subcommand_from " + names(place.command()));
            }
            return conditions.toString();
        }

        private static String value(Option option) {
            return switch (option.kind()) {
                case TEXT -> option.label() == null ? "" : " -x";
                case FILE -> " -r -F";
                case WORD -> " -x -a '" + String.join(" ", option.words()) + "'";
            };
        }
    }
}
