package io.matriarch.postgres;

import io.matriarch.model.History;
import io.matriarch.model.Lsn;
import java.util.ArrayList;
import java.util.List;

/** The content of a {@code .history} file (PostgreSQL manual, "Timelines"). */
final class TimelineHistory {

    private TimelineHistory() {}

    /** Oldest entry first; lines that are no entries, such as comments, are left out. */
    static List<History.Entry> parse(String content) {
        var entries = new ArrayList<History.Entry>();
        content.lines().forEach(line -> {
            String[] fields = line.strip().split("\\s+", 3);
            if (fields.length >= 2 && fields[0].matches("\\d{1,9}")) {
                Lsn.parse(fields[1])
                        .ifPresent(switchPoint -> entries.add(new History.Entry(
                                Integer.parseInt(fields[0]),
                                switchPoint,
                                fields.length > 2 ? fields[2] : "",
                                null,
                                null)));
            }
        });
        return List.copyOf(entries);
    }
}
