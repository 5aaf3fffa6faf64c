package io.matriarch.ctl.backup;

import io.matriarch.backup.BackupManifest;
import io.matriarch.backup.BackupRecord;
import io.matriarch.backup.DurableFiles;
import io.matriarch.backup.Repository;
import io.matriarch.backup.RepositoryException;
import io.matriarch.backup.WalName;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.Cluster;
import io.matriarch.model.ClusterView;
import io.matriarch.model.ConnUrl;
import io.matriarch.model.Member;
import io.matriarch.model.MonotonicTime;
import io.matriarch.model.config.Credentials;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes a base backup into our own repository. */
final class BaseBackup {

    /** Copying terabytes takes days; who waits for less interrupts. */
    static final Duration LONG = Duration.ofDays(14);

    /** An archiver that works needs seconds. */
    private static final Duration ARCHIVE_LIMIT = Duration.ofMinutes(2);

    private static final Duration POLL = Duration.ofMillis(500);

    private static final DateTimeFormatter LABEL =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final BackupNode node;
    private final Progress progress;
    private final @Nullable String from;
    private final @Nullable String maxRate;

    /**
     * @param from the member to take it from; null: chosen
     * @param maxRate limit of the transfer as {@code pg_basebackup} takes it; null: none
     */
    BaseBackup(BackupNode node, Progress progress, @Nullable String from, @Nullable String maxRate) {
        this.node = node;
        this.progress = progress;
        this.from = from;
        this.maxRate = maxRate;
    }

    /**
     * What came of it.
     *
     * @param unarchived segments that a restore needs and that are not in the archive yet
     */
    record Made(BackupRecord record, List<WalName.Segment> unarchived) {
        Made {
            unarchived = List.copyOf(unarchived);
        }
    }

    /** What the source says of itself. */
    private record Source(
            Member member, MemberServer server, String systemIdentifier, int version, long segmentBytes) {}

    Made make() throws CommandFailure, InterruptedException {
        try (Cluster cluster = node.session().open(node.local().scope(), null)) {
            ClusterView view = cluster.load();
            PostgresSettings postgres = node.postgres(view.dynamicConfig());
            Source source = source(view, postgres.superuser());
            Repository repository =
                    Repository.open(node.settings().directory(), node.local().scope());
            try (var _ = repository.lock()) {
                repository.wal().claim(source.systemIdentifier());
                BackupRecord record = take(repository, source, postgres);
                return new Made(record, awaitArchive(repository, record, view, postgres));
            }
        } catch (RepositoryException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandFailure("The backup failed: " + e, e);
        }
    }

    private Source source(ClusterView view, Credentials superuser) throws CommandFailure {
        List<Member> candidates = from == null
                ? BackupSources.inOrder(view, node.settings().replicaMaxLagBytes())
                : List.of(view.member(from).orElseThrow(() -> new CommandFailure("There is no member " + from)));
        CommandFailure trouble =
                new CommandFailure("There is nobody to take a backup from: no replica streams, and" + " nobody leads");
        for (Member member : candidates) {
            try {
                MemberServer server = MemberServer.of(member, superuser);
                String[] row = server.row("select (select system_identifier from pg_control_system()),"
                        + " current_setting('server_version_num'),"
                        + " (select setting from pg_settings where name = 'wal_segment_size')");
                progress.say(
                        "Source: " + member.name() + (view.isLeader(member.name()) ? ", the leader" : ", a replica"));
                return new Source(member, server, row[0], Integer.parseInt(row[1]), Long.parseLong(row[2]));
            } catch (CommandFailure e) {
                progress.say("Not from " + member.name() + ": " + e.getMessage());
                trouble = e;
            }
        }
        throw trouble;
    }

    private BackupRecord take(Repository repository, Source source, PostgresSettings postgres)
            throws CommandFailure, InterruptedException, IOException {
        Instant begun = node.session().time().wallClock();
        String label = LABEL.format(begun) + "-" + source.member().name();
        Path place = repository.begin(label);
        boolean whole = false;
        try {
            copy(source, postgres, label, place);
            Instant ended = node.session().time().wallClock();
            BackupManifest manifest = BackupManifest.read(place.resolve("backup_manifest"));
            if (node.settings().verify()) {
                verify(place, repository.begin("verify-" + label), manifest.dataBytes(), postgres, progress);
            }
            progress.say("Computing checksums");
            var record = new BackupRecord(
                    label,
                    source.member().name(),
                    source.systemIdentifier(),
                    source.version(),
                    manifest.timeline(),
                    manifest.start(),
                    manifest.stop(),
                    begun,
                    ended,
                    source.segmentBytes(),
                    manifest.dataBytes(),
                    node.settings().verify(),
                    Repository.describe(place));
            repository.finish(place, record);
            whole = true;
            return record;
        } finally {
            if (!whole) {
                DurableFiles.deleteTree(place);
            }
        }
    }

    private void copy(Source source, PostgresSettings postgres, String label, Path place)
            throws CommandFailure, InterruptedException {
        ConnUrl address = source.server().address();
        Credentials user = postgres.replication();
        var words = new ArrayList<>(List.of(
                BackupNode.program(postgres, "pg_basebackup"),
                "--pgdata=" + place,
                "--format=tar",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--label=matriarch " + label,
                "--manifest-checksums=SHA256",
                "--progress",
                "--no-password",
                "--host=" + address.host(),
                "--port=" + address.port()));
        if (node.settings().compress() > 0) {
            words.add("--compress=" + node.settings().compress());
        }
        if (maxRate != null) {
            words.add("--max-rate=" + maxRate);
        }
        if (user.username() != null) {
            words.add("--username=" + user.username());
        }
        Tool.End end = new Tool(words, environment(user), LONG).run(progress::percent);
        if (end.code() != 0) {
            throw new CommandFailure("pg_basebackup ended with " + end.code() + ": " + end.output());
        }
    }

    /** Passwords and certificates as libpq's variables, which only we and root can read. */
    private static Map<String, String> environment(Credentials user) {
        var environment = new HashMap<String, String>();
        if (user.password() != null) {
            environment.put("PGPASSWORD", user.password());
        }
        Map<String, String> variables = Map.of(
                "sslmode", "PGSSLMODE",
                "sslcert", "PGSSLCERT",
                "sslkey", "PGSSLKEY",
                "sslrootcert", "PGSSLROOTCERT",
                "sslcrl", "PGSSLCRL",
                "gssencmode", "PGGSSENCMODE",
                "channel_binding", "PGCHANNELBINDING");
        user.options().forEach((option, value) -> {
            String variable = variables.get(option);
            if (variable != null) {
                environment.put(variable, value);
            }
        });
        return environment;
    }

    /**
     * Unpacks a backup, lets {@code pg_verifybackup} read all of it, and removes the copy.
     *
     * @param place the directory of the backup
     * @param copy an empty directory
     */
    static void verify(Path place, Path copy, long dataBytes, PostgresSettings postgres, Progress progress)
            throws CommandFailure, InterruptedException, IOException {
        if (Files.getFileStore(copy).getUsableSpace() < dataBytes) {
            throw new CommandFailure("there is no room to unpack the backup for pg_verifybackup ("
                    + Progress.size(dataBytes) + "); matriarch.backup.verify: false leaves that out");
        }
        progress.say("Reading it with pg_verifybackup");
        try {
            Unpacker.unpack(place, copy, copy.resolve("pg_tblspc"), progress);
            Files.copy(place.resolve("backup_manifest"), copy.resolve("backup_manifest"));
            Tool.of(LONG, BackupNode.program(postgres, "pg_verifybackup"), "--exit-on-error", copy.toString())
                    .demand();
        } finally {
            DurableFiles.deleteTree(copy);
        }
    }

    /** Waits until the archive has what the backup needs. */
    private List<WalName.Segment> awaitArchive(
            Repository repository, BackupRecord record, ClusterView view, PostgresSettings postgres)
            throws CommandFailure, InterruptedException, IOException, RepositoryException {
        Member leader = view.leaderMember().orElse(null);
        boolean archives = false;
        if (leader != null) {
            MemberServer server = MemberServer.of(leader, postgres.superuser());
            archives = !server.row("show archive_mode")[0].equals("off");
            if (archives) {
                server.row("select pg_switch_wal()");
                progress.say(
                        "Waiting until the archive has " + record.lastSegment().text());
            }
        }
        MonotonicTime deadline = node.session().time().now().plus(ARCHIVE_LIMIT);
        while (true) {
            List<WalName.Segment> missing = missing(repository, record);
            if (missing.isEmpty() || !archives || !node.session().time().now().isBefore(deadline)) {
                return missing;
            }
            node.session().time().sleep(POLL);
        }
    }

    private static List<WalName.Segment> missing(Repository repository, BackupRecord record)
            throws IOException, RepositoryException {
        long size = record.segmentBytes();
        var missing = new ArrayList<WalName.Segment>();
        for (long number = record.firstSegment().number(size);
                number <= record.lastSegment().number(size);
                number++) {
            WalName.Segment segment = WalName.Segment.ofNumber(record.timeline(), number, size);
            if (!repository.wal().has(segment)) {
                missing.add(segment);
            }
        }
        return missing;
    }
}
