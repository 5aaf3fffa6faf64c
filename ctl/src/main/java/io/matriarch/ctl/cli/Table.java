package io.matriarch.ctl.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Screen.Colour;
import io.matriarch.model.Json;
import io.matriarch.model.PythonText;
import io.matriarch.model.YamlWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows below titled columns, printed in one of the {@linkplain Format formats} of contract ctl.md 2. A cell is a JSON
 * value; JSON's null is an empty cell that the formats with keys leave out.
 */
public final class Table {

    /**
     * A column.
     *
     * @param title heads the column and is the key in JSON and YAML
     */
    public record Column(String title, boolean rightAligned) {

        public static Column left(String title) {
            return new Column(title, false);
        }

        public static Column right(String title) {
            return new Column(title, true);
        }
    }

    /** Which colour a cell has on a screen. */
    @FunctionalInterface
    public interface Colouring {
        /** @return null for none */
        @Nullable
        Colour of(String title, String text);
    }

    /** What borders are made of; the three characters of each border are its left end, its crossings, its right end. */
    private record Lines(char horizontal, char vertical, String top, String middle, String bottom) {
        static final Lines PLAIN = new Lines('-', '|', "+++", "+++", "+++");
        static final Lines DRAWN = new Lines('─', '│', "┌┬┐", "├┼┤", "└┴┘");

        String border(String ends, int[] widths) {
            var out = new StringBuilder();
            for (int width : widths) {
                out.append(ends.charAt(out.isEmpty() ? 0 : 1)).repeat(horizontal, width + 2);
            }
            return out.append(ends.charAt(2)).toString();
        }
    }

    private final List<Column> columns;
    private final Colouring colouring;
    private final List<List<JsonElement>> rows = new ArrayList<>();

    public Table(List<Column> columns) {
        this(columns, (_, _) -> null);
    }

    public Table(List<Column> columns, Colouring colouring) {
        this.columns = List.copyOf(columns);
        this.colouring = colouring;
    }

    public void add(List<JsonElement> cells) {
        if (cells.size() != columns.size()) {
            throw new IllegalArgumentException(cells.size() + " cells for " + columns.size() + " columns");
        }
        rows.add(List.copyOf(cells));
    }

    /** A cell with text, null for an empty one. */
    public static JsonElement cell(@Nullable String text) {
        return text == null || text.isEmpty() ? JsonNull.INSTANCE : new JsonPrimitive(text);
    }

    /**
     * The table in a format, each line with its end.
     *
     * @param title stands in the upper border of the pretty form; null for none
     * @param screen what the pretty form may use
     */
    public String render(Format format, @Nullable String title, Screen screen) {
        return switch (format) {
            case PRETTY -> pretty(title, screen);
            case TSV -> tsv();
            case JSON -> Json.spaced(objects()) + "\n";
            case YAML -> YamlWriter.block(objects()) + "\n";
        };
    }

    private JsonArray objects() {
        var objects = new JsonArray();
        for (List<JsonElement> row : rows) {
            var object = new JsonObject();
            for (int i = 0; i < row.size(); i++) {
                if (!row.get(i).isJsonNull()) {
                    object.add(columns.get(i).title, row.get(i));
                }
            }
            objects.add(object);
        }
        return objects;
    }

    private String tsv() {
        var out = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            out.append(i == 0 ? "" : "\t").append(columns.get(i).title);
        }
        out.append('\n');
        for (List<JsonElement> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                out.append(i == 0 ? "" : "\t").append(text(row.get(i)));
            }
            out.append('\n');
        }
        return out.toString();
    }

    private String pretty(@Nullable String title, Screen screen) {
        Lines drawing = screen.lines() ? Lines.DRAWN : Lines.PLAIN;
        var grid = new ArrayList<String[][]>();
        var widths = new int[columns.size()];
        boolean hasLineBreaks = false;
        grid.add(lines(null, widths));
        for (List<JsonElement> row : rows) {
            String[][] lines = lines(row, widths);
            grid.add(lines);
            hasLineBreaks |= height(lines) > 1;
        }
        String border = drawing.border(drawing.middle, widths);
        var out = new StringBuilder();
        appendTopBorder(out, drawing.border(drawing.top, widths), title);
        appendRow(out, grid.getFirst(), widths, drawing, Screen.NONE);
        out.append(border).append('\n');
        for (int i = 1; i < grid.size(); i++) {
            appendRow(out, grid.get(i), widths, drawing, screen);
            if (hasLineBreaks && i < grid.size() - 1) {
                out.append(border).append('\n');
            }
        }
        return out.append(drawing.border(drawing.bottom, widths)).append('\n').toString();
    }

    /** The lines of each cell of a row, or of the headings for null; widens the columns to hold them. */
    private String[][] lines(@Nullable List<JsonElement> row, int[] widths) {
        var lines = new String[widths.length][];
        for (int i = 0; i < widths.length; i++) {
            String text = row == null ? columns.get(i).title : text(row.get(i));
            lines[i] = text.split("\n", -1);
            for (String line : lines[i]) {
                widths[i] = Math.max(widths[i], width(line));
            }
        }
        return lines;
    }

    /** The title takes the place of the border after its first character. */
    private static void appendTopBorder(StringBuilder out, String border, @Nullable String title) {
        String shown = title == null ? "" : title;
        if (shown.length() > border.length() - 2) {
            shown = shown.substring(0, border.length() - 2);
        }
        out.append(border.charAt(0))
                .append(shown)
                .append(border, 1 + shown.length(), border.length())
                .append('\n');
    }

    private void appendRow(StringBuilder out, String[][] cells, int[] widths, Lines drawing, Screen screen) {
        for (int line = 0; line < height(cells); line++) {
            for (int i = 0; i < widths.length; i++) {
                String text = line < cells[i].length ? cells[i][line] : "";
                int padding = widths[i] - width(text);
                Colour colour = colouring.of(columns.get(i).title, text);
                String painted = colour == null ? text : screen.paint(colour, text);
                out.append(drawing.vertical).append(' ');
                if (columns.get(i).rightAligned) {
                    out.repeat(' ', padding).append(painted);
                } else {
                    out.append(painted).repeat(' ', padding);
                }
                out.append(' ');
            }
            out.append(drawing.vertical).append('\n');
        }
    }

    private static int height(String[][] cells) {
        int height = 1;
        for (String[] lines : cells) {
            height = Math.max(height, lines.length);
        }
        return height;
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }

    private static String text(JsonElement cell) {
        return cell.isJsonNull() ? "" : PythonText.str(cell);
    }
}
