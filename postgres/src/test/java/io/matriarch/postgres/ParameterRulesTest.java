package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Contract config.md 4.4 and its appendix A. */
class ParameterRulesTest {

    private final List<String> warnings = new ArrayList<>();

    /** The value that is written for one parameter, or nothing. */
    private String one(int major, String name, String value) {
        return String.valueOf(ParameterRules.of(major * 10_000)
                .apply(Map.of(name, value), known -> known.equals("known_to_this_server"), warnings::add)
                .get(name));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "work_mem                    | 64kB       | 64kB |",
                "work_mem                    | 1          | 64   | Value=1 of parameter=work_mem is too low,"
                        + " increasing to 64kB",
                "Work_Mem                    | 10GB       | 10GB |",
                "work_mem                    | 3000GB     | 2147483647 | Value=3000GB of parameter=work_mem is too"
                        + " big, decreasing to 2147483647kB",
                "work_mem                    | lots       |      | Removing integer parameter=work_mem from the config"
                        + " due to the invalid value=lots",
                "geqo_seed                   | 1.5        | 1    | Value=1.5 of parameter=geqo_seed is too big,"
                        + " decreasing to 1",
                "vacuum_cost_delay           | 2ms        | 2ms  |",
                "geqo_seed                   | half       |      | Removing real parameter=geqo_seed from the config"
                        + " due to the invalid value=half",
                "fsync                       | True       | True |",
                "fsync                       | maybe      |      | Removing bool parameter=fsync from the config due"
                        + " to the invalid value=maybe",
                "archive_mode                | Always     | Always |",
                "archive_mode                | yes        | yes  |",
                "archive_mode                | sometimes  |      | Removing enum parameter=archive_mode from the"
                        + " config due to the invalid value=sometimes",
                "log_min_messages            | on         |      | Removing enum parameter=log_min_messages from the"
                        + " config due to the invalid value=on",
                "ssl_min_protocol_version    | TLSv1.2    | TLSv1.2 |",
                "ssl_max_protocol_version    | tlsv1.3    | tlsv1.3 |",
                "archive_command             | cp %p /a   | cp %p /a |",
                "my.setting                  | x          | x    |",
                "known_to_this_server        | x          | x    |",
                "shared_bufers               | 1GB        |      | Removing unexpected parameter=shared_bufers"
                        + " value=1GB from the config",
            })
    void values_of_15(String name, String value, String written, String warning) {
        assertEquals(String.valueOf(written), one(15, name, value));
        assertEquals(warning == null ? List.of() : List.of(warning), warnings);
    }

    /** What the contract says about versions, checked against tables that come from servers. */
    @ParameterizedTest
    @CsvSource({
        "13, compute_query_id, on, false",
        "14, compute_query_id, on, true",
        "15, compute_query_id, regress, true",
        "16, promote_trigger_file, x, false",
        "17, allow_alter_system, off, true",
        "16, allow_alter_system, off, false",
        "17, old_snapshot_threshold, 1, false",
        "16, old_snapshot_threshold, 1, true",
        "17, io_method, worker, false",
        "18, io_method, worker, true",
        "17, log_connections, receipt, false",
        "18, log_connections, receipt, true",
        "13, operator_precedence_warning, on, true",
        "14, operator_precedence_warning, on, false",
        "14, stats_temp_directory, x, true",
        "15, stats_temp_directory, x, false",
        "15, wal_compression, lz4, true",
        "14, wal_compression, lz4, false",
        "19, io_method, worker, true",
        "12, vacuum_cleanup_index_scale_factor, 1, true",
    })
    void a_version_has_its_own_names_and_values(int major, String name, String value, boolean written) {
        assertEquals(written ? value : "null", one(major, name, value));
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 14, 15, 16, 17, 18})
    void what_we_write_ourselves_is_accepted_by_each_version(int major) {
        var ours = new LinkedHashMap<String, String>();
        ours.put("listen_addresses", "*");
        ours.put("port", "5432");
        ours.put("cluster_name", "main");
        ours.put("wal_level", "replica");
        ours.put("hot_standby", "on");
        ours.put("max_connections", "100");
        ours.put("wal_keep_size", "128MB");
        ours.put("wal_log_hints", "on");
        ours.put("synchronous_standby_names", "ANY 1 (a)");
        ours.put("password_encryption", "scram-sha-256");
        assertEquals(ours, ParameterRules.of(major * 10_000).apply(ours, _ -> false, warnings::add));
        assertTrue(warnings.isEmpty(), warnings.toString());
    }
}
