package io.matriarch.model.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** {@code synchronous_standby_names} as people write it: names that PostgreSQL would not read are put into quotes. */
final class StandbyNameList {

    private static final Pattern COUNTED =
            Pattern.compile("\\s*((?:(?:FIRST|ANY)\\s+)?\\d+\\s*\\()(.*)(\\))\\s*", Pattern.CASE_INSENSITIVE);

    /** An entry between quotes, in which quotes are doubled, or up to the next comma. */
    private static final Pattern ENTRY = Pattern.compile("\\s*(\"(?:[^\"]|\"\")*\"|[^,]*)\\s*(?:,|$)");

    private static final Pattern PLAIN =
            Pattern.compile("\\*|[0-9]+|[A-Za-z_\\x80-\\uFFFF][A-Za-z0-9_$\\x80-\\uFFFF]*");

    private StandbyNameList() {}

    /** The same list as PostgreSQL's parser wants it. */
    static String quote(String written) {
        Matcher counted = COUNTED.matcher(written);
        return counted.matches()
                ? counted.group(1).strip() + names(counted.group(2)) + counted.group(3)
                : names(written);
    }

    private static String names(String list) {
        if (ENTRY.matcher(list).replaceAll("").isEmpty()
                && Arrays.stream(list.split(",")).allMatch(StandbyNameList::isRead)) {
            return list;
        }
        return ENTRY.matcher(list)
                .results()
                .map(entry -> entry.group(1).strip())
                .filter(name -> !name.isEmpty())
                .map(name -> isRead(name) ? name : "\"" + name.replace("\"", "\"\"") + "\"")
                .collect(Collectors.joining(", "));
    }

    private static boolean isRead(String name) {
        String word = name.strip();
        boolean quoted = word.length() > 1 && word.startsWith("\"") && word.endsWith("\"");
        boolean keyword = word.toUpperCase(Locale.ROOT).matches("FIRST|ANY");
        return quoted || (PLAIN.matcher(word).matches() && !keyword);
    }
}
