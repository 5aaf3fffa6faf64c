package io.matriarch.simulator.postgres;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Role;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import io.matriarch.postgres.ControlData;
import io.matriarch.postgres.HeldCommits;
import io.matriarch.postgres.PendingRestart;
import io.matriarch.postgres.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one run of an agent writes into the configuration files: joins the settings, the role, and what was decided while
 * the server runs.
 */
final class TwinConfiguration {

    /** Those that a standby must not have smaller than its primary, with their labels in {@code pg_controldata}. */
    private static final Map<String, String> HOT_STANDBY = new TreeMap<>(Map.of(
            "max_connections", "max_connections setting",
            "max_prepared_transactions", "max_prepared_xacts setting",
            "max_locks_per_transaction", "max_locks_per_xact setting",
            "max_wal_senders", "max_wal_senders setting",
            "max_worker_processes", "max_worker_processes setting"));

    private static final List<String> RESTART_ONLY = List.of(
            "archive_mode",
            "max_connections",
            "max_locks_per_transaction",
            "max_prepared_transactions",
            "max_replication_slots",
            "max_wal_senders",
            "max_worker_processes",
            "shared_buffers",
            "track_commit_timestamp",
            "wal_level",
            "wal_log_hints");

    private record Followed(String host, String applicationName, String slotName) {}

    private static final Followed NOBODY_FOLLOWED = new Followed("", "", "");

    private final PostgresHost host;
    private LocalConfig local;
    private DynamicConfig dynamic;
    private PostgresSettings settings;
    private @Nullable Followed followed;
    private @Nullable String synchronousStandbyNames;
    private boolean synchronousStandbyNamesDecided;
    private boolean votes;
    private @Nullable String writtenNames;
    private List<PendingRestart> pendingRestart = List.of();

    TwinConfiguration(PostgresHost host, LocalConfig local, DynamicConfig dynamic) throws ConfigurationException {
        this.host = host;
        this.local = local;
        this.dynamic = dynamic;
        this.settings = local.postgres(dynamic);
    }

    PostgresSettings settings() {
        return settings;
    }

    List<PendingRestart> pendingRestart() {
        return pendingRestart;
    }

    void replace(LocalConfig newLocal, DynamicConfig newDynamic) throws ConfigurationException {
        PostgresSettings composed = newLocal.postgres(newDynamic);
        local = newLocal;
        dynamic = newDynamic;
        settings = composed;
    }

    // ---- synchronous_standby_names

    /** Remembers the decision; false when what follows from it for {@code role} is written already. */
    boolean decide(@Nullable String names, Role role) {
        synchronousStandbyNames = names;
        synchronousStandbyNamesDecided = true;
        return areOtherNamesWritten(role);
    }

    boolean noteVotes(boolean counted, Role role) {
        votes = counted;
        return areOtherNamesWritten(role);
    }

    private boolean areOtherNamesWritten(Role role) {
        return !Objects.requireNonNullElse(names(role), "").equals(Objects.requireNonNullElse(writtenNames, ""));
    }

    private @Nullable String names(Role role) {
        return HeldCommits.names(
                dynamic,
                role,
                synchronousStandbyNames,
                synchronousStandbyNamesDecided,
                votes,
                settings.parameters().get("synchronous_standby_names"));
    }

    // ---- recovery

    /** From now on {@code upstream} is followed. */
    void follow(@Nullable Upstream upstream) {
        followed = wanted(upstream);
        host.disk().standbySignal = true;
    }

    private Followed wanted(@Nullable Upstream upstream) {
        if (upstream == null || upstream.host().isEmpty()) {
            return NOBODY_FOLLOWED;
        }
        String slot = upstream.slotName();
        return new Followed(upstream.host(), local.name(), slot == null ? "" : slot);
    }

    /** Whether a replica that is configured, or streams, as {@code current} says already does what is wanted. */
    boolean isFollowing(ServerConfig current, @Nullable Upstream upstream) {
        Followed should = wanted(upstream);
        return should.host().equalsIgnoreCase(current.primaryHost())
                && (should.host().isEmpty()
                        || (should.applicationName().equals(current.applicationName())
                                && should.slotName().equals(current.primarySlotName())));
    }

    // ---- writing

    /** Writes everything for a start. */
    void prepareStart(Role role, @Nullable ControlData control) {
        var parameters = restartParameters();
        var pending = new ArrayList<PendingRestart>();
        if (role != Role.PRIMARY && control != null) {
            HOT_STANDBY.forEach((name, label) -> {
                String configured = parameters.get(name);
                if (configured != null && control.number(label) > number(configured)) {
                    String used = Integer.toString(control.number(label));
                    parameters.put(name, used);
                    pending.add(new PendingRestart(name, used, configured));
                }
            });
        }
        pendingRestart = List.copyOf(pending);
        write(role, parameters);
    }

    /** Writes the files for {@code role} again. */
    void rewrite(Role role) {
        write(role, restartParameters());
    }

    private void write(Role role, Map<String, String> parameters) {
        Disk disk = host.disk();
        Followed recovery = followed == null || !disk.standbySignal ? NOBODY_FOLLOWED : followed;
        String names = names(role);
        writtenNames = names;
        disk.configWrites++;
        disk.config = new ServerConfig(
                names == null ? "" : names,
                settings.parameters().getOrDefault("synchronous_commit", "on"),
                recovery.host(),
                recovery.applicationName(),
                recovery.slotName(),
                isArchiving(),
                parameters);
    }

    private boolean isArchiving() {
        String mode = settings.parameters().getOrDefault("archive_mode", "off").toLowerCase(Locale.ROOT);
        return (mode.equals("on") || mode.equals("always"))
                && !settings.parameters().getOrDefault("archive_command", "").isEmpty();
    }

    private Map<String, String> restartParameters() {
        var parameters = new TreeMap<String, String>(Map.of("archive_mode", "off"));
        for (String name : RESTART_ONLY) {
            String value = settings.parameters().get(name);
            if (value != null) {
                parameters.put(name, value);
            }
        }
        return parameters;
    }

    /** Whether the settings ask for anything that is not in the files. */
    boolean isChanged(Role role) {
        ServerConfig config = host.disk().config;
        String names = names(role);
        return !config.parameters().equals(restartParameters())
                || !config.synchronousStandbyNames().equals(names == null ? "" : names)
                || !config.synchronousCommit().equals(settings.parameters().getOrDefault("synchronous_commit", "on"))
                || config.archiving() != isArchiving();
    }

    /** What the running server says it needs a restart for. */
    void refreshPendingRestart(Server server) {
        var pending = new ArrayList<PendingRestart>();
        host.disk().config.parameters().forEach((name, value) -> {
            String running = server.startedWith().get(name);
            if (running != null && !running.equals(value)) {
                pending.add(new PendingRestart(name, running, value));
            }
        });
        pendingRestart = List.copyOf(pending);
    }

    /** Takes what the running server runs with for what was written last. */
    void adopt(Server server) {
        ServerConfig running = server.shownConfig();
        writtenNames = running.synchronousStandbyNames().isEmpty() ? null : running.synchronousStandbyNames();
        if (!server.isInRecovery() && writtenNames != null && dynamic.isSynchronous()) {
            synchronousStandbyNames = writtenNames;
            synchronousStandbyNamesDecided = true;
        }
        if (server.isInRecovery()) {
            followed = new Followed(running.primaryHost(), running.applicationName(), running.primarySlotName());
        }
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException _) {
            return Integer.MAX_VALUE;
        }
    }
}
