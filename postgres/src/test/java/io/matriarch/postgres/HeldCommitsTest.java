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
        mode     | strict | standby cluster | role           | decision | decided | names
        true     | false  | false           | REPLICA        | -        | false   | -
        true     | true   | false           | REPLICA        | -        | true    | NOBODY
        "quorum" | false  | false           | REPLICA        | -        | false   | ANY 1 (NOBODY)
        "quorum" | true   | false           | REPLICA        | -        | true    | ANY 1 (NOBODY)
        "quorum" | true   | true            | STANDBY_LEADER | -        | false   | mine
        "quorum" | true   | true            | REPLICA        | -        | false   | mine
        true     | true   | false           | PRIMARY        | -        | false   | NOBODY
        true     | true   | false           | PROMOTED       | -        | true    | -
        "quorum" | false  | false           | PRIMARY        | -        | false   | -
        true     | true   | false           | PRIMARY        | `n2`     | true    | n2
        true     | true   | false           | PRIMARY        | ``       | true    | -
        "quorum" | false  | false           | REPLICA        | ``       | true    | -
        false    | true   | false           | PRIMARY        | -        | true    | mine
        false    | true   | false           | REPLICA        | -        | false   | mine
        false    | true   | false           | PRIMARY        | `n2`     | true    | n2
        """)
    void names(
            String mode,
            boolean strict,
            boolean standbyCluster,
            Role role,
            String decision,
            boolean decided,
            String names) {
        String config = "{\"synchronous_mode\":" + mode + ",\"synchronous_mode_strict\":" + strict
                + (standbyCluster ? ",\"standby_cluster\":{\"host\":\"remote\"}" : "") + "}";
        assertEquals(
                names == null ? null : names.replace("NOBODY", SyncState.NOBODY),
                HeldCommits.names(
                        new DynamicConfig(Json.parseObject(config).orElseThrow()), role, decision, decided, "mine"));
    }
}
