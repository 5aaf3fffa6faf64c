package io.matriarch.ctl.backup;

import com.google.gson.JsonObject;
import io.matriarch.backup.BackupRecord;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.DurableFiles;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.backup.RestorePlan;
import io.matriarch.backup.RestoreTarget;
import io.matriarch.backup.SystemIdentity;
import io.matriarch.backup.WalName;
import io.matriarch.ctl.backup.RestoreJournal.Kind;
import io.matriarch.ctl.backup.RestoreJournal.Step;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.model.Member;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Restores a cluster from one of its nodes. All that takes long and all that can fail for want of a file happens beside the
 * data directory while the cluster goes on; then, within a pause, the restored data takes the place of the node's data by
 * two renames, and the agent starts it as the primary. What was there is kept until a person says that it may go.
 *
 * <p>No second primary: a pause forbids promotions, the node must be the leader (or there must be none), its PostgreSQL is
 * stopped before the exchange, and its agent takes the leader key for the restored server. The restored data goes on on a
 * timeline whose number was taken in the store, so members see at once that they must rewind, or be copied.
 *
 * <p>Rejected: making the cluster anew by {@code bootstrap.method}, which is down for the whole of the restore and forgets the
 * dynamic configuration; a state in the store that all agents obey, which Patroni's agents would not know. See decision 0014.
 */
final class ClusterRestore {

    private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String CLOSED =
            "# the number of a timeline that may exist elsewhere; its history is not known\n";

    private final BackupNode node;
    private final Progress progress;
    private final ClusterControl control;
    private final PostgresSettings postgres;
    private final RestorePlaces places;

    private ClusterRestore(BackupNode node, Cluster cluster, Progress progress) throws CommandFailure, IOException {
        this.node = node;
        this.progress = progress;
        this.control = new ClusterControl(node.session(), cluster, node.local().name(), progress);
        this.postgres = node.postgres(control.view().dynamicConfig());
        this.places = RestorePlaces.of(postgres.dataDir());
    }

    static ClusterRestore of(BackupNode node, Cluster cluster, Progress progress) throws CommandFailure {
        if (System.getProperty("user.name", "").equals("root")) {
            throw new CommandFailure("Run this as the user of PostgreSQL, not as root");
        }
        try {
            return new ClusterRestore(node, cluster, progress);
        } catch (IOException e) {
            throw new CommandFailure("The data directory: " + e, e);
        }
    }

    /**
     * What is wanted.
     *
     * @param source the scope whose backups are used; into a new cluster with pgBackRest: the stanza
     * @param intoNew whether the node's cluster is to begin with them
     * @param backup null: the latest before the target
     * @param timeline null: the cluster's
     */
    record Request(
            RestoreTarget target,
            String source,
            boolean intoNew,
            @Nullable String backup,
            @Nullable Integer timeline) {}

    /** What would be done, for people. */
    record Prospect(RestoreJournal journal, String text) {}

    // ---- before anything is touched

    /**
     * Finds the way, and checks all that can be known before.
     *
     * @param flush whether the leader may be asked to archive what it has
     */
    Prospect plan(Request request, boolean flush) throws CommandFailure, InterruptedException {
        try {
            Optional<RestoreJournal> unfinished = RestoreJournal.read(places.journal());
            if (unfinished.isPresent()) {
                throw new CommandFailure(
                        "There is a restore to " + unfinished.get().target().text()
                                + " already, at the step \""
                                + unfinished.get().step().text()
                                + "\": go on with --resume, give it up with --rollback, or, when it is done, --confirm"
                                + " it");
            }
            requirePlace(request.intoNew());
            Member leader = control.leader();
            if (request.intoNew()) {
                boolean builtin = node.settings().tool() == BackupSettings.Tool.BUILTIN;
                String own = builtin ? node.local().scope() : node.settings().stanza();
                if (own.equals(request.source())) {
                    throw new CommandFailure("The new cluster needs another " + (builtin ? "scope" : "stanza")
                            + " than " + request.source());
                }
            } else if (leader != null && !leader.name().equals(node.local().name())) {
                throw new CommandFailure("A restore begins on the leader, whose data is then kept whole. Run it on "
                        + leader.name() + ", or first: patronictl switchover --candidate "
                        + node.local().name());
            }
            return node.settings().tool() == BackupSettings.Tool.PGBACKREST
                    ? planWithPgBackRest(request)
                    : planWithOwn(request, flush ? leader : null);
        } catch (IOException | RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        }
    }

    private void requirePlace(boolean empty) throws CommandFailure, IOException {
        Path parent = places.data().getParent();
        if (parent == null || !Files.isWritable(parent)) {
            throw new CommandFailure("The restored data is made beside the data directory, so " + parent
                    + " must be writable for the user of PostgreSQL");
        }
        boolean present = Files.isDirectory(places.data()) && !isEmpty(places.data());
        if (present && !Files.getFileStore(places.data()).equals(Files.getFileStore(parent))) {
            throw new CommandFailure("The data directory " + places.data()
                    + " is a file system of its own and cannot be renamed; use a directory below the mount point");
        }
        if (empty && present) {
            throw new CommandFailure("A new cluster needs an empty data directory; " + places.data() + " is not");
        }
        for (Kind kind : Kind.values()) {
            if (Files.exists(places.kept(kind))) {
                throw new CommandFailure(places.kept(kind) + " is in the way; move or remove it");
            }
        }
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private Prospect planWithOwn(Request request, @Nullable Member leader)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        Repository repository = repository(request.source());
        if (leader != null && !request.intoNew() && !(request.target() instanceof RestoreTarget.Latest)) {
            flush(repository, leader);
        }
        RestorePlan plan = repository.plan(request.target(), timeline(request, repository), request.backup());
        if (!plan.missing().isEmpty()) {
            throw new CommandFailure("The archive lacks " + plan.missing().size() + " segments that the target needs: "
                    + plan.missing().stream().limit(5).map(WalName::text).collect(Collectors.joining(", "))
                    + (plan.missing().size() > 5 ? ", ..." : "") + ". Nothing was touched");
        }
        BackupRecord backup = plan.backup();
        String initialize = control.view().initialize();
        if (!request.intoNew()
                && control.view().hasValidInitialize()
                && !backup.systemIdentifier().equals(initialize)) {
            throw new CommandFailure(
                    "The backup is of a cluster with the system identifier " + backup.systemIdentifier()
                            + ", this one has " + initialize + ": restore it into a new cluster (--into)");
        }
        Path parent = parentOf(places.data());
        long room = Files.getFileStore(parent).getUsableSpace();
        if (room < backup.dataBytes()) {
            throw new CommandFailure("There is no room for a second copy of the data in " + parent + ": "
                    + Progress.size(backup.dataBytes()) + " are needed, " + Progress.size(room) + " are free");
        }
        String text = "Backup " + backup.label() + " of " + backup.finishedAt() + " ("
                + Progress.size(backup.dataBytes()) + "), then WAL on timeline " + plan.timeline() + " from "
                + backup.firstSegment().text() + ", " + (plan.last() - plan.first() + 1)
                + " segments at most, all of them in the archive";
        return new Prospect(journal(request, backup.label(), plan.timeline()), text);
    }

    private int timeline(Request request, Repository repository) throws CommandFailure, IOException {
        if (request.timeline() != null) {
            return request.timeline();
        }
        int known = request.intoNew() ? 0 : control.timeline();
        return known != 0 ? known : Math.max(repository.wal().highestTimeline(), 1);
    }

    private Prospect planWithPgBackRest(Request request) throws CommandFailure, InterruptedException {
        BackupSettings settings = request.intoNew() ? node.settings().withStanza(request.source()) : node.settings();
        String info = new Tool(
                        PgBackRest.command(settings, Map.of("output", "json"), List.of("info")),
                        Map.of(),
                        Duration.ofMinutes(10))
                .all();
        int known = request.intoNew() ? PgBackRest.newestTimeline(info) : control.timeline();
        int timeline = request.timeline() != null ? request.timeline() : Math.max(known, 1);
        String label = request.backup();
        if (label == null) {
            label = PgBackRest.latestBefore(request.target(), info)
                    .orElseThrow(() -> new CommandFailure(
                            "pgBackRest has no backup of " + settings.stanza() + " from before the target"));
        }
        return new Prospect(
                journal(request, label, timeline),
                "Backup " + label
                        + " of pgBackRest; whether it has all WAL shows when that is replayed, before anything is"
                        + " touched");
    }

    private RestoreJournal journal(Request request, String backup, int timeline) {
        Kind kind = request.intoNew() ? Kind.NEW_CLUSTER : Kind.RESTORE;
        return new RestoreJournal(
                kind,
                request.source(),
                request.target(),
                backup,
                timeline,
                kind.steps().getFirst(),
                0,
                false,
                request.intoNew()
                        ? SystemIdentity.fresh(
                                node.session().time().wallClock(),
                                ProcessHandle.current().pid())
                        : "");
    }

    /**
     * Lets the leader commit something and archive it: recovery to a time needs a commit behind it, and an idle server may not
     * have archived for long.
     */
    private void flush(Repository repository, Member leader)
            throws CommandFailure, InterruptedException, RepositoryException {
        MemberServer server = MemberServer.of(leader, postgres.superuser());
        server.row("select txid_current()");
        String name = server.row("select pg_walfile_name(pg_switch_wal())")[0];
        WalName segment = WalName.parse(name).orElseThrow(() -> new CommandFailure("'" + name + "' is no segment"));
        progress.say("Waiting until the archive has " + name);
        var deadline = node.session().time().now().plus(ARCHIVE_LIMIT);
        while (!repository.wal().has(segment)) {
            if (!node.session().time().now().isBefore(deadline)) {
                throw new CommandFailure("The leader does not archive: " + name + " did not arrive within "
                        + ARCHIVE_LIMIT.toSeconds() + " seconds. Look at archive_command and the log of PostgreSQL");
            }
            node.session().time().sleep(POLL);
        }
    }

    // ---- doing it

    /** Begins a planned restore and goes through to its end. */
    void begin(Prospect prospect) throws CommandFailure, InterruptedException {
        try {
            prospect.journal().write(places.journal());
        } catch (IOException e) {
            throw new CommandFailure("The journal cannot be written: " + e, e);
        }
        resume();
    }

    /** Goes on where the journal stands. */
    void resume() throws CommandFailure, InterruptedException {
        try {
            RestoreJournal journal = RestoreJournal.read(places.journal())
                    .orElseThrow(() -> new CommandFailure("There is no restore to go on with"));
            List<Step> steps = journal.kind().steps();
            while (journal.step() != Step.DONE) {
                int index = steps.indexOf(journal.step());
                progress.say("[" + (index + 1) + "/" + (steps.size() - 1) + "] "
                        + journal.step().text());
                journal = perform(journal).at(steps.get(index + 1));
                journal.write(places.journal());
            }
            sayDone(journal);
        } catch (IOException | RepositoryException e) {
            throw new CommandFailure(
                    e instanceof RepositoryException ? String.valueOf(e.getMessage()) : e.toString(), e);
        }
    }

    private void sayDone(RestoreJournal journal) {
        switch (journal.kind()) {
            case RESTORE, ROLLBACK ->
                progress.say("Done. The data of before is in " + places.kept(journal.kind()) + " until you say"
                        + " matriarch restore --confirm"
                        + (journal.kind() == Kind.RESTORE ? ", or --rollback to have it back" : ""));
            case NEW_CLUSTER ->
                progress.say("Done. Start the agent of " + node.local().name() + ": the new cluster "
                        + node.local().scope() + " has the system identifier " + journal.identity()
                        + ". Then: matriarch restore --confirm");
        }
    }

    private RestoreJournal perform(RestoreJournal journal)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        switch (journal.step()) {
            case CLAIM -> control.claim();
            case FETCH -> fetch(journal);
            case RECOVER -> recover(journal);
            case PAUSE -> {
                return pause(journal);
            }
            case PROMOTE -> {
                return promote(journal);
            }
            case IDENTITY -> identity(journal);
            case STOP -> stop(journal);
            case SWAP -> swap(journal);
            case START -> control.startAsLeader();
            case PUBLISH ->
                control.publish(
                        journal.identity(),
                        node.local().bootstrap() == null
                                ? new JsonObject()
                                : node.local().bootstrap().dcs().document(),
                        journal.newTimeline());
            case RESUME -> {
                if (journal.pausedByUs()) {
                    control.setPause(false);
                }
            }
            case MEMBERS -> control.awaitMembers(journal.newTimeline(), postgres.usePgRewind());
            case DONE -> {}
        }
        return journal;
    }

    private void fetch(RestoreJournal journal)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        staged().stop("immediate");
        clearStaging();
        Files.createDirectory(
                places.staging(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (node.settings().tool() == BackupSettings.Tool.PGBACKREST) {
            Map<String, String> options =
                    Map.of("pg1-path", places.staging().toString(), "type", "none", "set", journal.backup());
            BackupSettings settings =
                    journal.kind() == Kind.NEW_CLUSTER ? node.settings().withStanza(journal.source()) : node.settings();
            new Tool(PgBackRest.command(settings, options, List.of("restore")), Map.of(), BaseBackup.LONG).demand();
            return;
        }
        Repository repository = repository(journal.source());
        BackupRecord backup = repository.backups().stream()
                .filter(candidate -> candidate.label().equals(journal.backup()))
                .findFirst()
                .orElseThrow(() -> new CommandFailure("The backup " + journal.backup() + " is gone"));
        List<String> troubles = repository.examine(backup);
        if (!troubles.isEmpty()) {
            throw new CommandFailure(String.join("; ", troubles));
        }
        Path tablespaces = places.tablespaces(backup.label());
        DurableFiles.deleteTree(tablespaces);
        List<String> numbers = Unpacker.unpack(repository.directoryOf(backup), places.staging(), tablespaces, progress);
        if (!numbers.isEmpty()) {
            String map = numbers.stream()
                    .map(number -> number + " " + tablespaces.resolve(number) + "\n")
                    .collect(Collectors.joining());
            Files.writeString(places.staging().resolve("tablespace_map"), map);
        }
    }

    /** A program that an interrupted call has left behind may still write into it: its directory is moved from under it. */
    private void clearStaging() throws IOException, InterruptedException {
        Path trash = places.staging().resolveSibling(places.staging().getFileName() + ".old");
        for (int attempt = 0; ; attempt++) {
            try {
                DurableFiles.deleteTree(trash);
                if (Files.exists(places.staging())) {
                    DurableFiles.rename(places.staging(), trash);
                    DurableFiles.deleteTree(trash);
                }
                return;
            } catch (DirectoryNotEmptyException e) {
                if (attempt == 20) {
                    throw e;
                }
                node.session().time().sleep(POLL);
            }
        }
    }

    private StagedServer staged() {
        return new StagedServer(
                postgres, places.staging(), places.log(), node.session().time());
    }

    private void recover(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        if (journal.target() instanceof RestoreTarget.Latest) {
            return; // PostgreSQL promotes at the end of the archive, and the number is not taken yet
        }
        Map<String, String> settings = recoverySettings(journal);
        settings.put("recovery_target_action", "shutdown");
        staged().recoverToShutdown(settings, environment(journal), watcher());
    }

    private StagedServer.Watcher watcher() {
        var last = new String[] {""};
        return segment -> {
            if (!segment.equals(last[0])) {
                last[0] = segment;
                progress.say("  read " + segment);
            }
        };
    }

    private Map<String, String> recoverySettings(RestoreJournal journal) {
        var settings = new LinkedHashMap<String, String>();
        if (journal.kind() == Kind.ROLLBACK) {
            settings.put("restore_command", "false");
            settings.put("recovery_target_timeline", "current");
        } else {
            String program = System.getProperty("matriarch.bin", "/usr/bin") + "/matriarch";
            settings.put(
                    "restore_command",
                    shell(program) + " restore-file -c "
                            + shell(node.configuration().toString()) + " %f \"%p\"");
            settings.put("recovery_target_timeline", Integer.toString(journal.timeline()));
        }
        settings.putAll(journal.target().settings());
        return settings;
    }

    /** Quoted for a shell; in a command of PostgreSQL a percent sign is written twice. */
    private static String shell(String word) {
        return "'" + word.replace("'", "'\\''").replace("%", "%%") + "'";
    }

    private static Map<String, String> environment(RestoreJournal journal) {
        return journal.kind() == Kind.NEW_CLUSTER ? Map.of(WalTransfer.SCOPE, journal.source()) : Map.of();
    }

    private RestoreJournal pause(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        if (journal.kind() == Kind.ROLLBACK && !Files.exists(places.staging())) {
            DurableFiles.rename(places.kept(Kind.RESTORE), places.staging());
        }
        RestoreJournal next = journal;
        if (!control.view().dynamicConfig().isPaused()) {
            next = journal.paused();
            next.write(places.journal());
        }
        control.setPause(true);
        return next;
    }

    private RestoreJournal promote(RestoreJournal journal)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        StagedServer server = staged();
        RestoreJournal next = journal;
        boolean ours = journal.newTimeline() != 0
                && (journal.kind() == Kind.NEW_CLUSTER || control.isNewest(journal.newTimeline()));
        if (ours) {
            server.stop("fast");
            if (server.isInProduction()) {
                server.runOnce(Map.of());
            }
            if (server.isShutDown() && server.timeline() == journal.newTimeline()) {
                archiveHistory(journal);
                return journal;
            }
            Files.deleteIfExists(history(journal.newTimeline()));
        } else {
            int least = Math.max(journal.timeline(), server.timeline()) + 1;
            if (node.settings().tool() == BackupSettings.Tool.BUILTIN) {
                least = Math.max(least, repository(journal.source()).wal().highestTimeline() + 1);
            }
            next = journal.withNewTimeline(journal.kind() == Kind.NEW_CLUSTER ? least : control.reserveTimeline(least));
            next.write(places.journal());
        }
        closeNumbersBelow(next, server);
        Map<String, String> settings = recoverySettings(next);
        settings.put("recovery_target_action", "promote");
        server.recoverToProduction(settings, environment(next), watcher());
        if (server.timeline() != next.newTimeline()) {
            throw new CommandFailure("The restored data is on timeline " + server.timeline() + " instead of "
                    + next.newTimeline() + "; give it up with --rollback and try again");
        }
        archiveHistory(next);
        return next;
    }

    private Path history(int timeline) {
        return places.staging().resolve("pg_wal").resolve(new WalName.HistoryFile(timeline).text());
    }

    /** PostgreSQL takes the first number without history; see decision 0011. */
    private void closeNumbersBelow(RestoreJournal journal, StagedServer server)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        int own = journal.timeline() == 0 ? server.timeline() : journal.timeline();
        boolean builtin = node.settings().tool() == BackupSettings.Tool.BUILTIN;
        for (int timeline = own + 1; timeline < journal.newTimeline(); timeline++) {
            String name = new WalName.HistoryFile(timeline).text();
            if (!Files.exists(history(timeline))
                    && !(builtin && repository(journal.source()).wal().fetch(name, history(timeline)))) {
                Files.write(history(timeline), CLOSED.getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    /** At once: from now on nobody else can archive another history under this number. */
    private void archiveHistory(RestoreJournal journal) throws CommandFailure, IOException, RepositoryException {
        if (node.settings().tool() == BackupSettings.Tool.BUILTIN) {
            String name = new WalName.HistoryFile(journal.newTimeline()).text();
            repository(node.local().scope())
                    .wal()
                    .store(history(journal.newTimeline()), name, node.settings().compress());
        }
    }

    private void identity(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        StagedServer server = staged();
        if (server.isShutDown()) { // else its first start was cut off
            SystemIdentity.write(places.staging(), journal.identity());
            Tool.of(
                            Duration.ofMinutes(10),
                            BackupNode.program(postgres, "pg_resetwal"),
                            "-f",
                            "-D",
                            places.staging().toString())
                    .demand();
        }
        // pg_resetwal notes wal_level minimal, with which no server starts as a standby, as the agent's does at first
        server.runOnce(Map.of("wal_level", "replica"));
    }

    private void stop(RestoreJournal journal) throws CommandFailure, InterruptedException {
        if (!control.isNewest(journal.newTimeline())) {
            throw new CommandFailure(
                    "Somebody has promoted meanwhile, to a timeline after ours; go on with --resume once"
                            + " you know why, or give up with --rollback");
        }
        if (Files.isDirectory(places.data())) {
            inPlace().stop("fast");
        }
        control.awaitNoLeader();
    }

    private StagedServer inPlace() {
        return new StagedServer(
                postgres, places.data(), places.log(), node.session().time());
    }

    /** Two renames; whichever of them was done before is seen by what is there. */
    private void swap(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        if (!Files.exists(places.staging())) {
            return;
        }
        if (Files.isDirectory(places.data())) {
            if (inPlace().isRunning()) {
                throw new CommandFailure("PostgreSQL runs in " + places.data() + " again; who started it?");
            }
            if (isEmpty(places.data())) {
                Files.delete(places.data());
            } else {
                DurableFiles.rename(places.data(), places.kept(journal.kind()));
            }
        }
        DurableFiles.rename(places.staging(), places.data());
    }

    // ---- afterwards

    /** Removes what a finished restore has kept. */
    void confirm() throws CommandFailure {
        try {
            RestoreJournal journal = RestoreJournal.read(places.journal())
                    .orElseThrow(() -> new CommandFailure("There is no restore to confirm"));
            if (journal.step() != Step.DONE) {
                throw new CommandFailure("The restore is not done: go on with --resume, or give it up with --rollback");
            }
            DurableFiles.deleteTree(places.kept(journal.kind()));
            end();
            progress.say("Confirmed; the data of before is removed");
        } catch (IOException e) {
            throw new CommandFailure(e.toString(), e);
        }
    }

    private void end() throws IOException {
        Files.deleteIfExists(places.log());
        Files.deleteIfExists(places.journal());
        DurableFiles.sync(parentOf(places.data()));
    }

    /** Gives up a restore, or brings back what one that is in place has put aside. */
    void rollback() throws CommandFailure, InterruptedException {
        try {
            RestoreJournal journal = RestoreJournal.read(places.journal())
                    .orElseThrow(() -> new CommandFailure("There is no restore to roll back"));
            if (journal.kind() == Kind.ROLLBACK) {
                if (journal.step() == Step.DONE) {
                    throw new CommandFailure("That was rolled back already; --confirm removes what was restored");
                }
                resume();
                return;
            }
            boolean inPlace = !Files.exists(places.staging()) && Files.exists(places.kept(journal.kind()));
            if (journal.kind() == Kind.RESTORE && !inPlace && !journal.isBefore(Step.START)) {
                throw new CommandFailure("There was no data before this restore, and so there is none to go back to");
            }
            if (journal.kind() == Kind.RESTORE && inPlace) {
                bringBack(journal);
            } else {
                giveUp(journal);
            }
        } catch (IOException e) {
            throw new CommandFailure(e.toString(), e);
        }
    }

    /** The old data goes on on a timeline of its own, too: that of the restored one must not go on behind it. */
    private void bringBack(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        var back = new RestoreJournal(
                Kind.ROLLBACK,
                journal.source(),
                new RestoreTarget.Latest(),
                "",
                0,
                Step.PAUSE,
                0,
                journal.pausedByUs() && journal.isBefore(Step.MEMBERS),
                "");
        back.write(places.journal());
        resume();
    }

    /** Nothing of the cluster's data was touched, only put aside for a moment perhaps. */
    private void giveUp(RestoreJournal journal) throws CommandFailure, InterruptedException, IOException {
        staged().stop("immediate");
        Path kept = places.kept(journal.kind());
        if (journal.kind() == Kind.NEW_CLUSTER) {
            if (!journal.isBefore(Step.SWAP)) {
                throw new CommandFailure("The new cluster's data is in place: remove " + places.data()
                        + " and its keys (patronictl remove) when you do not want it, then --confirm");
            }
            control.unclaim();
        } else if (Files.exists(kept) && !Files.exists(places.data())) {
            DurableFiles.rename(kept, places.data());
        }
        if (journal.kind() == Kind.RESTORE && !journal.isBefore(Step.STOP) && Files.exists(places.data())) {
            control.startAsLeader();
        }
        if (journal.pausedByUs()) {
            control.setPause(false);
        }
        clearStaging();
        end();
        progress.say("Given up; the cluster has the data it had");
    }

    private Repository repository(String scope) throws RepositoryException {
        return Repository.open(node.settings().directory(), scope);
    }

    private static Path parentOf(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        return parent == null ? path : parent;
    }
}
