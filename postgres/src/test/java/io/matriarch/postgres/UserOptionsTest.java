package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UserOptionsTest {

    private static UserOptions parse(String json) {
        return UserOptions.parse(
                "initdb", JsonParser.parseString(json), UserOptions.refusing(Set.of("pwfile", "pgdata")));
    }

    @Test
    void aListHoldsSwitchesAndPairs() {
        assertEquals(
                new UserOptions(List.of("--data-checksums", "--encoding=UTF8", "--locale=de DE"), List.of()),
                parse("[\"data-checksums\", {\"encoding\": \"UTF8\"}, {\"locale\": \"'de DE'\"}]"));
    }

    @Test
    void aMapHoldsPairsAndSkipsEmptyOnes() {
        assertEquals(
                new UserOptions(List.of("--wal-segsize=1", "--x=True"), List.of()),
                parse("{\"wal-segsize\": 1, \"encoding\": \"\", \"x\": true}"));
    }

    @Test
    void whatTheAgentSetsItselfIsRefusedInEachSpelling() {
        assertEquals(
                new UserOptions(
                        List.of(),
                        List.of(
                                "pwfile option for initdb is not allowed",
                                "pgdata option for initdb is not allowed",
                                "pwfile option for initdb is not allowed")),
                parse("[{\"pwfile\": \"x\"}, \"pgdata\", \"pwfile=x\"]"));
    }

    @Test
    void whatIsNeitherSwitchNorPairIsAnError() {
        assertEquals(
                List.of("Error when parsing initdb option {\"a\":1,\"b\":2}: value should be string value or a single"
                        + " key-value pair"),
                parse("[{\"a\":1,\"b\":2}]").errors());
        assertEquals(
                List.of("initdb options must be list or dict"), parse("\"x\"").errors());
    }

    @Test
    void noOptionsAreFine() {
        assertEquals(new UserOptions(List.of(), List.of()), UserOptions.parse("initdb", null, (_, _) -> false));
    }
}
