package io.matriarch.ctl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import io.matriarch.ctl.cli.Screen.Colour;
import io.matriarch.ctl.cli.Table.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void prettyCellsAreAlignedByTheirColumn() {
        var table = new Table(List.of(Column.left("Member"), Column.right("TL")));
        table.add(List.of(Table.cell("ä1"), new JsonPrimitive(12)));
        table.add(List.of(Table.cell("node22"), JsonNull.INSTANCE));
        assertEquals("""
            +--------+----+
            | Member | TL |
            +--------+----+
            | ä1     | 12 |
            | node22 |    |
            +--------+----+
            """, table.render(Format.PRETTY, null, Screen.NONE));
    }

    @Test
    void theTitleOverwritesTheBeginningOfTheBorder() {
        var table = new Table(List.of(Column.left("Member"), Column.right("TL")));
        assertEquals("+ Demo --+----+", firstLine(table, " Demo "));
    }

    @Test
    void aTitleLongerThanTheBorderIsCut() {
        var table = new Table(List.of(Column.left("A")));
        assertEquals("+ Cl+", firstLine(table, " Cluster: demo (uninitialized) "));
    }

    @Test
    void linesSeparateAllRowsWhenACellHasSeveralLines() {
        var table = new Table(List.of(Column.left("A"), Column.right("B")));
        table.add(List.of(Table.cell("x"), Table.cell("1\n22")));
        table.add(List.of(Table.cell("y"), Table.cell("3")));
        assertEquals("""
            +---+----+
            | A |  B |
            +---+----+
            | x |  1 |
            |   | 22 |
            +---+----+
            | y |  3 |
            +---+----+
            """, table.render(Format.PRETTY, null, Screen.NONE));
    }

    @Test
    void formatsWithKeysLeaveOutEmptyCellsAndKeepNumbers() {
        var table = new Table(List.of(Column.left("Member"), Column.right("Lag")));
        table.add(List.of(Table.cell("a"), new JsonPrimitive(0)));
        table.add(List.of(Table.cell("b"), JsonNull.INSTANCE));
        assertEquals(
                "[{\"Member\": \"a\", \"Lag\": 0}, {\"Member\": \"b\"}]\n",
                table.render(Format.JSON, null, Screen.NONE));
        assertEquals("- Lag: 0\n  Member: a\n- Member: b\n\n", table.render(Format.YAML, null, Screen.NONE));
        assertEquals("Member\tLag\na\t0\nb\t\n", table.render(Format.TSV, null, Screen.NONE));
    }

    @Test
    void aTableWithoutRowsStillHasItsHeadings() {
        var table = new Table(List.of(Column.left("Member")));
        assertEquals(
                "+--------+\n| Member |\n+--------+\n+--------+\n", table.render(Format.PRETTY, null, Screen.NONE));
        assertEquals("[]\n", table.render(Format.JSON, null, Screen.NONE));
    }

    @Test
    void aScreenGetsDrawnLinesAndColours() {
        var table = new Table(
                List.of(Column.left("Member"), Column.right("TL")),
                (title, text) -> title.equals("TL") && text.equals("2") ? Colour.RED : null);
        table.add(List.of(Table.cell("a"), new JsonPrimitive(1)));
        table.add(List.of(Table.cell("b"), new JsonPrimitive(2)));
        assertEquals("""
            ┌ Demo ──┬────┐
            │ Member │ TL │
            ├────────┼────┤
            │ a      │  1 │
            │ b      │  \u001b[31m2\u001b[0m │
            └────────┴────┘
            """, table.render(Format.PRETTY, " Demo ", new Screen(true, true, true)));
    }

    private static String firstLine(Table table, String title) {
        return table.render(Format.PRETTY, title, Screen.NONE)
                .lines()
                .findFirst()
                .orElse("");
    }
}
