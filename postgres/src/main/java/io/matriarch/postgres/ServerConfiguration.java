package io.matriarch.postgres;

import com.google.gson.JsonObject;
import io.matriarch.model.Coercion;
import io.matriarch.model.Json;
import io.matriarch.model.PermanentSlot;
import io.matriarch.model.Role;
import io.matriarch.model.Tags;
import io.matriarch.model.config.ControlledParameters;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the server is to be configured with: joins the settings, the role, and the decisions that are made while it runs
 * (synchronous standbys, upstream), writes the files, and knows what a restart would change (contract config.md 4).
 *
 * <p>The cycle and the background job both come here; each method is atomic.
 */
final class ServerConfiguration {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.config");

    /** How a data directory that a user's own method filled is started the first time. */
    private record CustomBootstrap(@Nullable Map<String, String> recovery, boolean keepExisting) {

        /** Recovery that ends by itself needs no queries, and then no parameter of the backup's can be too large. */
        boolean withoutHotStandby() {
            return keepExisting || (recovery != null && "promote".equals(recovery.get("recovery_target_action")));
        }
    }

    private final Supplier<Configured> configured;
    private final ConfigurationFiles files;
    private final Predicate<String> isKnown;
    private @Nullable ParameterRules rules;
    private int rulesVersion;
    private List<String> refused = List.of();
    private Map<String, String> written = Map.of();
    private @Nullable Map<String, String> recovery;
    private @Nullable String synchronousStandbyNames;
    private boolean synchronousStandbyNamesDecided;
    private boolean votes;
    private boolean relaysFeedback;
    private @Nullable CustomBootstrap customBootstrap;
    private volatile List<PendingRestart> pendingRestart = List.of();

    /** @param isKnown whether the server that would be started knows a parameter, in lower case */
    ServerConfiguration(Supplier<Configured> configured, ConfigurationFiles files, Predicate<String> isKnown) {
        this.configured = configured;
        this.files = files;
        this.isKnown = isKnown;
    }

    private PostgresSettings settings() {
        return configured.get().settings();
    }

    private DataFiles data() {
        return new DataFiles(settings().dataDir());
    }

    List<PendingRestart> pendingRestart() {
        return pendingRestart;
    }

    // ---- starting

    /**
     * Writes everything for a start and returns the options of the command line.
     *
     * @param control looked at for any role but primary
     */
    synchronized List<String> prepareStart(Role role, Optional<ControlData> control) throws IOException {
        RoleSettings wanted = RoleSettings.of(settings(), role);
        Map<String, String> parameters = parameters(wanted, role);
        pendingRestart = role == Role.PRIMARY || control.isEmpty()
                ? List.of()
                : HotStandbyParameters.raise(parameters, control.get());
        RunDirectories.make(settings(), parameters, true);
        CustomBootstrap custom = customBootstrap;
        if (custom != null && custom.withoutHotStandby()) {
            parameters.put("hot_standby", "off");
        }
        write(parameters, data().hasSignal() || custom != null ? recovery : null);
        if (custom == null) {
            files.writeHba(wanted.hba(), this::entrance);
            files.writeIdent(wanted.ident());
        } else {
            files.writeHba(trustOurselves(), this::entrance);
        }
        if (custom == null || !custom.keepExisting()) {
            files.sanitiseAuto();
        }
        var options = new ArrayList<String>();
        for (String name : ControlledParameters.commandLine()) {
            String value = parameters.get(name);
            if (value != null) {
                options.add("--" + name + "=" + value);
            }
        }
        return options;
    }

    Path mainFile() {
        return files.main();
    }

    private void write(Map<String, String> parameters, @Nullable Map<String, String> recoveryPart) throws IOException {
        files.writeMain(parameters, recoveryPart);
        written = Map.copyOf(parameters);
    }

    /** What is written for a role, with the synchronous standbys as decided. */
    private Map<String, String> parameters(RoleSettings wanted, Role role) {
        var parameters = new LinkedHashMap<>(wanted.parameters());
        String names = synchronousStandbyNames(role, parameters.remove("synchronous_standby_names"));
        if (names != null) {
            parameters.put("synchronous_standby_names", names);
        }
        if (configured.get().dynamic().postCrashGate()) {
            // else PostgreSQL recovers from the crash of a backend by itself, and lets clients in at once
            parameters.put("restart_after_crash", "off");
        }
        if (relaysFeedback || followsLogicalSlots()) {
            parameters.put("hot_standby_feedback", "on");
        }
        if (customBootstrap != null) {
            parameters.put(
                    "hba_file",
                    settings()
                            .configDir()
                            .resolve("pg_hba.conf")
                            .toAbsolutePath()
                            .toString());
        }
        return accepted(parameters);
    }

    /** What this version would not start with is left out; told once, not at each look. */
    private Map<String, String> accepted(Map<String, String> parameters) {
        int version = data().majorVersion();
        ParameterRules known = rules;
        if (known == null || rulesVersion != version) {
            known = ParameterRules.of(version);
            rules = known;
            rulesVersion = version;
        }
        var warnings = new ArrayList<String>();
        Map<String, String> accepted = known.apply(parameters, isKnown, warnings::add);
        if (!warnings.equals(refused)) {
            warnings.forEach(warning -> LOG.log(Level.WARNING, warning));
            refused = List.copyOf(warnings);
        }
        return accepted;
    }

    /** A copy of a logical slot is worth nothing when the primary removes rows that its catalog snapshot needs. */
    private boolean followsLogicalSlots() {
        Configured now = configured.get();
        Tags tags = now.local().tags();
        return !now.dynamic().isStandbyCluster()
                && !tags.nofailover()
                && !tags.nostream()
                && now.dynamic().permanentSlots().entrySet().stream()
                        .anyMatch(slot -> PermanentSlot.of(slot.getValue()) instanceof PermanentSlot.Logical);
    }

    /** Members behind this one have copies of logical slots; true when the files must be written for it. */
    synchronized boolean relayFeedback(boolean wanted) {
        boolean changed = wanted != relaysFeedback && !followsLogicalSlots();
        relaysFeedback = wanted;
        return changed;
    }

    // ---- while it runs

    /** Writes the files for {@code role} again. */
    synchronized void rewrite(Role role) throws IOException {
        RoleSettings wanted = RoleSettings.of(settings(), role);
        write(parameters(wanted, role), data().hasSignal() ? recovery : null);
        files.writeHba(wanted.hba(), this::entrance);
        files.writeIdent(wanted.ident());
    }

    /** Whether the settings ask for anything that is not in the files or not in force. */
    synchronized boolean isChanged(Connection connection, Configured before, Role role) throws SQLException {
        RoleSettings old = RoleSettings.of(before.settings(), role);
        RoleSettings wanted = RoleSettings.of(settings(), role);
        boolean hbaChanged =
                wanted.hba() != null && files.managesHba() && !wanted.hba().equals(old.hba());
        boolean identChanged = wanted.ident() != null
                && files.managesIdent()
                && !wanted.ident().equals(old.ident());
        Map<String, String> parameters = parameters(wanted, role);
        return ParameterComparison.differs(ParameterComparison.query(connection), parameters, written)
                || hbaChanged
                || identChanged;
    }

    /**
     * Looks what the server says it needs a restart for.
     *
     * @param valueInFile what a parameter would be after a restart; empty when that cannot be found out
     */
    synchronized void refreshPendingRestart(Connection connection, UnaryOperator<String> valueInFile)
            throws SQLException {
        var pending = new ArrayList<PendingRestart>();
        var bypassed = new TreeSet<String>();
        for (ParameterComparison.Running running :
                ParameterComparison.query(connection).values()) {
            if (running.pendingRestart()) {
                String value = valueInFile.apply(running.name());
                pending.add(new PendingRestart(
                        running.name(), running.human(running.value()), value.isEmpty() ? "?" : running.human(value)));
                String ours = written.get(running.name());
                if (ours == null || running.means(ours)) {
                    bypassed.add(running.name());
                }
            }
        }
        if (!bypassed.isEmpty()) {
            LOG.log(
                    Level.INFO,
                    "PostgreSQL configuration parameters requiring restart (" + String.join(", ", bypassed)
                            + ") seem to be changed bypassing Patroni config. Setting 'Pending restart' flag");
        }
        pendingRestart = List.copyOf(pending);
    }

    /** Remembers the decision; false when what follows from it for {@code role} is written already. */
    synchronized boolean decideSynchronousStandbyNames(@Nullable String names, Role role) {
        synchronousStandbyNames = names;
        synchronousStandbyNamesDecided = true;
        return areOtherNamesWritten(role);
    }

    /** Remembers whether the sync key counts votes; the same answer. */
    synchronized boolean noteVotes(boolean counted, Role role) {
        votes = counted;
        return areOtherNamesWritten(role);
    }

    private boolean areOtherNamesWritten(Role role) {
        String wanted = synchronousStandbyNames(
                role, RoleSettings.of(settings(), role).parameters().get("synchronous_standby_names"));
        return !Objects.requireNonNullElse(wanted, "").equals(written.getOrDefault("synchronous_standby_names", ""));
    }

    private @Nullable String synchronousStandbyNames(Role role, @Nullable String ofTheUser) {
        return HeldCommits.names(
                configured.get().dynamic(),
                role,
                synchronousStandbyNames,
                synchronousStandbyNamesDecided,
                votes,
                ofTheUser);
    }

    // ---- recovery

    /** The store may promise that these standbys hold every commit: nobody takes them out before the store says less. */
    private void adoptSynchronousStandbys(boolean inRecovery) {
        String names = written.getOrDefault("synchronous_standby_names", "");
        if (!inRecovery && !names.isEmpty() && configured.get().dynamic().isSynchronous()) {
            synchronousStandbyNames = names;
            synchronousStandbyNamesDecided = true;
        }
    }

    /** What a replica of {@code upstream} needs to be told. */
    Map<String, String> recoveryFor(@Nullable Upstream upstream) {
        Configured now = configured.get();
        return RecoverySettings.wanted(
                now.settings(),
                RoleSettings.of(now.settings(), Role.REPLICA).recovery(),
                now.dynamic().standbyCluster().orElse(null),
                upstream,
                now.local().name(),
                data().majorVersion());
    }

    /** What the password file holds while {@code upstream} is followed. */
    List<String> passwordLines(@Nullable Upstream upstream) {
        return upstream == null
                ? List.of()
                : PgPass.lines(upstream.host(), upstream.port(), settings().replication());
    }

    /** From now on {@code upstream} is followed: signal file, password file, and what the next writing of files says. */
    synchronized void follow(@Nullable Upstream upstream) throws IOException {
        recovery = recoveryFor(upstream);
        if (upstream != null) {
            new PgPass(settings().pgpass())
                    .write(upstream.host(), upstream.port(), settings().replication());
        }
        makeStandbySignal();
    }

    private void makeStandbySignal() throws IOException {
        Path signal = data().standbySignal();
        if (!Files.exists(signal)) {
            Files.createFile(
                    signal, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(data().fileMode())));
        }
        Files.deleteIfExists(data().recoverySignal());
    }

    /** The files whose recovery settings are ours to compare. */
    Set<Path> ownFiles() {
        return Set.of(files.main().toAbsolutePath(), files.auto().toAbsolutePath());
    }

    // ---- joining a running server

    /**
     * Takes what the server runs with for what was written last (contract config.md 4.7).
     *
     * @return whether {@code pg_hba.conf} or {@code pg_ident.conf} is managed and was written
     */
    synchronized boolean adopt(Connection connection, boolean inRecovery, Role role) throws SQLException, IOException {
        var running = new LinkedHashMap<String, String>();
        for (ParameterComparison.Running one :
                ParameterComparison.query(connection).values()) {
            boolean ours = one.source().equals("command line")
                    || one.source().equals("environment variable")
                    || files.main().toAbsolutePath().toString().equals(one.file())
                    || ControlledParameters.isControlled(one.name());
            if (ours) {
                running.put(one.name(), one.unit() == null ? one.value() : one.human(one.value()));
            }
        }
        written = Map.copyOf(running);
        adoptSynchronousStandbys(inRecovery);
        if (inRecovery) {
            var found = new LinkedHashMap<String, String>();
            RecoveryComparison.query(connection).settings().forEach((name, setting) -> {
                if (setting.file() != null) {
                    found.put(name, setting.value() + (setting.unit() == null ? "" : setting.unit()));
                }
            });
            recovery = found;
        }
        RoleSettings wanted = RoleSettings.of(settings(), role);
        files.writeHba(wanted.hba(), this::entrance);
        files.writeIdent(wanted.ident());
        return (wanted.hba() != null && files.managesHba()) || (wanted.ident() != null && files.managesIdent());
    }

    // ---- custom bootstrap

    boolean isCustomBootstrap() {
        return customBootstrap != null;
    }

    synchronized void beginCustomBootstrap(@Nullable JsonObject recoveryConf, boolean keepExisting) {
        Map<String, String> settings =
                recoveryConf == null ? null : RecoverySettings.texts(recoveryConf, data().majorVersion());
        customBootstrap = new CustomBootstrap(settings, keepExisting);
        recovery = settings;
        try {
            if (recoveryConf != null) {
                data().removeSignals();
                boolean standby = Json.string(recoveryConf, "standby_mode")
                        .flatMap(Coercion::bool)
                        .orElse(false);
                Files.createFile(standby ? data().standbySignal() : data().recoverySignal());
            } else if (!keepExisting) {
                data().removeSignals();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void endCustomBootstrap() {
        customBootstrap = null;
        recovery = null;
        try {
            data().removeSignals();
            files.bringBackHba();
            rewrite(Role.PRIMARY);
            files.backUp();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets our own users in from here without a password, which the new cluster may not know yet. */
    private List<String> trustOurselves() {
        var lines = new ArrayList<String>();
        trust(lines, "replication", settings().replication());
        trust(lines, "all", settings().superuser());
        return lines;
    }

    private void trust(List<String> lines, String database, Credentials user) {
        String name = user.username() == null ? "all" : user.username();
        lines.add("local\t" + database + "\t" + name + "\ttrust");
        for (String address : localAddresses()) {
            lines.add("host\t" + database + "\t" + name + "\t" + address + "\ttrust");
        }
    }

    private Set<String> localAddresses() {
        var addresses = new TreeSet<String>();
        for (InetAddress address : ownAddresses()) {
            addresses.add(address.getHostAddress() + (address.getAddress().length == 4 ? "/32" : "/128"));
        }
        return addresses;
    }

    private List<InetAddress> ownAddresses() {
        try {
            return List.of(InetAddress.getAllByName(LocalAddress.of(settings()).tcpHost()));
        } catch (UnknownHostException e) {
            LOG.log(Level.WARNING, "Could not resolve the local address: " + e.getMessage());
            return List.of();
        }
    }

    // ---- the post-crash gate

    private HbaGate.Entrance entrance() {
        String user = settings().superuser().username();
        boolean bySocket = LocalAddress.of(settings()).socket().isPresent();
        return new HbaGate.Entrance(
                user == null ? System.getProperty("user.name") : user, bySocket, bySocket ? List.of() : ownAddresses());
    }

    boolean isGateClosed() {
        return files.isGateClosed();
    }

    /** Keeps ordinary clients out of the server that is started next; why that is not possible, empty: it is. */
    synchronized Optional<String> closeGate() {
        try {
            return files.closeGate(entrance());
        } catch (IOException e) {
            return Optional.of(FileTrouble.describe(e));
        }
    }

    /**
     * Lets them in again; false when that has to be tried once more.
     *
     * @param reload has the running server read the file; false: it did not
     */
    synchronized boolean openGate(BooleanSupplier reload) {
        try {
            files.openGate();
            if (!reload.getAsBoolean()) {
                return false;
            }
            files.forgetGate();
            return true;
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not open the post-crash gate: " + FileTrouble.describe(e));
            return false;
        }
    }

    // ---- copies

    synchronized void backUp() {
        files.backUp();
    }

    synchronized void restore() {
        files.restore();
    }
}
