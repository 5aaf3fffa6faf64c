package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Role;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeldCommitsTest {

    private static final String NOBODY = "__patroni_strict_sync_replica_placeholder__";

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", quoteCharacter = '`', useHeadersInDisplayName = true, textBlock = """
        mode     | strict | standby cluster | role           | decided | names
        true     | false  | false           | REPLICA        | false   | -
        true     | true   | false           | REPLICA        | true    | NOBODY
        "quorum" | false  | false           | REPLICA        | false   | ANY 1 (NOBODY)
        "quorum" | true   | false           | REPLICA        | true    | ANY 1 (NOBODY)
        "quorum" | true   | true            | STANDBY_LEADER | false   | -
        "quorum" | true   | true            | REPLICA        | false   | -
        true     | true   | false           | PRIMARY        | false   | NOBODY
        true     | true   | false           | PROMOTED       | true    | -
        "quorum" | false  | false           | PRIMARY        | false   | -
        """)
    void names(String mode, boolean strict, boolean standbyCluster, Role role, boolean decided, String names) {
        String config = "{\"synchronous_mode\":" + mode + ",\"synchronous_mode_strict\":" + strict
                + (standbyCluster ? ",\"standby_cluster\":{\"host\":\"remote\"}" : "") + "}";
        assertEquals(
                names == null ? null : names.replace("NOBODY", NOBODY),
                HeldCommits.names(new DynamicConfig(Json.parseObject(config).orElseThrow()), role, decided));
    }
}
