package io.matriarch.ctl.patroni;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.Format;
import io.matriarch.ctl.cli.Screen;
import io.matriarch.ctl.cli.Table;
import io.matriarch.ctl.cli.Table.Column;
import io.matriarch.model.Json;
import io.matriarch.model.YamlWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** What {@code query} prints (contract ctl.md 3). */
sealed interface QueryResult {

    /** What statements gave. */
    record Rows(List<String> titles, List<List<QueryValue>> values) implements QueryResult {
        public Rows {
            titles = List.copyOf(titles);
            values = List.copyOf(values);
        }
    }

    /** Something to say instead of rows, printed as a row behind the time. */
    record Message(String text) implements QueryResult {}

    /** The statements failed, or nobody could be asked. */
    record Trouble(String codeOrReason) implements QueryResult {}

    /**
     * The text of the result, with the end of its last line. The format is one of {@link Format#WORDS}; nothing is printed
     * for any other word, as the peer does not look at it.
     */
    default String render(String format, String delimiter, LocalTimes times) {
        return switch (this) {
            case Rows rows -> render(rows, true, format, delimiter);
            case Message(String text) -> render(asRow(text, times), false, format, delimiter);
            case Trouble(String codeOrReason) ->
                render(asRow("ERROR, SQLSTATE: " + codeOrReason, times), false, format, delimiter);
        };
    }

    private static Rows asRow(String text, LocalTimes times) {
        return new Rows(
                List.of("Time", "Message"), List.of(List.of(QueryValue.text(times.seconds()), QueryValue.text(text))));
    }

    private static String render(Rows rows, boolean withTitles, String format, String delimiter) {
        return switch (format) {
            case "pretty" -> pretty(rows);
            case "tsv" -> separated(rows, withTitles, delimiter);
            case "json" -> Json.spaced(objects(rows)) + "\n";
            case "yaml", "yml" -> YamlWriter.block(objects(rows)) + "\n";
            default -> "";
        };
    }

    private static String pretty(Rows rows) {
        var table = new Table(rows.titles.stream().map(Column::left).toList());
        for (List<QueryValue> row : rows.values) {
            table.add(row.stream().map(value -> Table.cell(value.text())).toList());
        }
        return table.render(Format.PRETTY, null, Screen.NONE);
    }

    private static String separated(Rows rows, boolean withTitles, String delimiter) {
        var lines = new ArrayList<String>();
        if (withTitles) {
            lines.add(String.join(delimiter, rows.titles));
        }
        for (List<QueryValue> row : rows.values) {
            var line = new StringJoiner(delimiter);
            row.forEach(value -> line.add(value.text()));
            lines.add(line.toString());
        }
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }

    private static JsonArray objects(Rows rows) {
        var objects = new JsonArray();
        for (List<QueryValue> row : rows.values) {
            var object = new JsonObject();
            for (int i = 0; i < row.size(); i++) {
                object.add(rows.titles.get(i), row.get(i).json());
            }
            objects.add(object);
        }
        return objects;
    }
}
