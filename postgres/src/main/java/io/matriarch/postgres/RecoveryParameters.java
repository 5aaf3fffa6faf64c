package io.matriarch.postgres;

import java.util.Locale;
import java.util.Set;

/** The parameters that steer recovery: {@code recovery.conf} in the days of PostgreSQL 11 (contract config.md, A). */
final class RecoveryParameters {

    static final String PRIMARY_CONNINFO = "primary_conninfo";
    static final String PRIMARY_SLOT_NAME = "primary_slot_name";

    private static final Set<String> NAMES = Set.of(
            "archive_cleanup_command",
            PRIMARY_CONNINFO,
            PRIMARY_SLOT_NAME,
            "promote_trigger_file",
            "trigger_file",
            "recovery_end_command",
            "recovery_min_apply_delay",
            "recovery_target",
            "recovery_target_action",
            "recovery_target_inclusive",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_timeline",
            "recovery_target_xid",
            "restore_command");

    private RecoveryParameters() {}

    static boolean contains(String name) {
        return NAMES.contains(name.toLowerCase(Locale.ROOT));
    }

    static Set<String> names() {
        return NAMES;
    }
}
