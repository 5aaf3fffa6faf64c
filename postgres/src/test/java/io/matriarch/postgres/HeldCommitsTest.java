package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Role;
import io.matriarch.model.SyncState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeldCommitsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '`', useHeadersInDisplayName = true, textBlock = """
        mode     | strict | standby cluster | role           | decision | decided | votes | names
        true     | false  | false           | REPLICA        | -        | false   | false | -
        true     | false  | false           | REPLICA        | -        | false   | true  | ANY 1 (NOBODY)
        true     | false  | false           | PRIMARY        | -        | false   | true  | -
        false    | false  | false           | REPLICA        | -        | false   | true  | mine
        true     | true   | false           | REPLICA        | -        | true    | false | NOBODY
        "quorum" | false  | false           | REPLICA        | -        | false   | false | ANY 1 (NOBODY)
        "quorum" | true   | false           | REPLICA        | -        | true    | false | ANY 1 (NOBODY)
        "quorum" | true   | true            | STANDBY_LEADER | -        | false   | false | mine
        "quorum" | true   | true            | REPLICA        | -        | false   | false | mine
        true     | true   | false           | PRIMARY        | -        | false   | false | NOBODY
        true     | true   | false           | PROMOTED       | -        | true    | false | -
        "quorum" | false  | false           | PRIMARY        | -        | false   | false | -
        true     | true   | false           | PRIMARY        | `n2`     | true    | false | n2
        true     | true   | false           | PRIMARY        | ``       | true    | false | -
        "quorum" | false  | false           | REPLICA        | ``       | true    | false | -
        false    | true   | false           | PRIMARY        | -        | true    | false | mine
        false    | true   | false           | REPLICA        | -        | false   | false | mine
        false    | true   | false           | PRIMARY        | `n2`     | true    | false | n2
        """)
    void names(
            String mode,
            boolean strict,
            boolean standbyCluster,
            Role role,
            String decision,
            boolean decided,
            boolean votes,
            String names) {
        String config = "{\"synchronous_mode\":" + mode + ",\"synchronous_mode_strict\":" + strict
                + (standbyCluster ? ",\"standby_cluster\":{\"host\":\"remote\"}" : "") + "}";
        assertEquals(
                names == null ? null : names.replace("NOBODY", SyncState.NOBODY),
                HeldCommits.names(
                        new DynamicConfig(Json.parseObject(config).orElseThrow()),
                        role,
                        decision,
                        decided,
                        votes,
                        "mine"));
    }
}
