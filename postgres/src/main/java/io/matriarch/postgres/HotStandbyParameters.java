package io.matriarch.postgres;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters that a standby must not have smaller than its primary had when it wrote the WAL; otherwise it does not
 * start (contract config.md 4.6; PostgreSQL manual, "Hot Standby", "Administrator's Overview").
 */
final class HotStandbyParameters {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.config");

    /** Parameter to label of {@code pg_controldata}. */
    private static final Map<String, String> LABELS = labels();

    private HotStandbyParameters() {}

    private static Map<String, String> labels() {
        var labels = new LinkedHashMap<String, String>();
        labels.put("max_connections", "max_connections setting");
        labels.put("max_prepared_transactions", "max_prepared_xacts setting");
        labels.put("max_locks_per_transaction", "max_locks_per_xact setting");
        labels.put("max_wal_senders", "max_wal_senders setting");
        labels.put("max_worker_processes", "max_worker_processes setting");
        return labels;
    }

    /**
     * Raises what is too small.
     *
     * @param parameters changed in place
     * @return what will need another restart to become as configured
     */
    static List<PendingRestart> raise(Map<String, String> parameters, ControlData control) {
        var pending = new ArrayList<PendingRestart>();
        LABELS.forEach((parameter, label) -> {
            String configured = parameters.get(parameter);
            if (!control.fields().containsKey(label)) {
                LOG.log(Level.WARNING, label + " is missing from pg_controldata output");
            } else if (configured != null && control.number(label) > number(configured)) {
                String used = Integer.toString(control.number(label));
                LOG.log(
                        Level.INFO,
                        parameter + " value in pg_controldata: " + used + ", in the global configuration: " + configured
                                + ". pg_controldata value will be used. Setting 'Pending restart' flag");
                parameters.put(parameter, used);
                pending.add(new PendingRestart(parameter, used, configured));
            }
        });
        return pending;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException _) {
            return Integer.MAX_VALUE;
        }
    }
}
