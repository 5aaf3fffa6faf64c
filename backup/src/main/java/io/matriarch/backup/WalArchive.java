package io.matriarch.backup;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * The archived WAL of one cluster: {@code wal/TTTTTTTTLLLLLLLL/NAME.gz}, history files in {@code wal/}. Each file is a gzip
 * file, also when it is not compressed: the container brings length and CRC-32 of the content, in the same atomic file as
 * the content, and {@code zcat} reads it when nothing else is left of us.
 *
 * <p>A name never gets another content. The same content again is success, as PostgreSQL requires of an {@code
 * archive_command} (manual, "Setting Up WAL Archiving"). The end of a timeline ({@code .partial}) may be archived by each
 * of several servers that ended it differently; its file carries a part of its checksum in its name instead.
 */
public final class WalArchive {

    private static final String COMPRESSED = ".gz";
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int DIGEST_LETTERS = 16;

    /** What an attempt to archive ended with. */
    public enum Stored {
        STORED,
        /** The archive has had the same content under this name. */
        ALREADY_THERE
    }

    private final Path directory;
    private final Path identity;

    WalArchive(Path clusterDirectory) {
        this.directory = clusterDirectory.resolve("wal");
        this.identity = clusterDirectory.resolve("system-identifier");
    }

    /**
     * Archives a file of {@code pg_wal}. When this returns, the content is on the disk.
     *
     * @param level of gzip, 0 (none) to 9
     * @throws RepositoryException when the name is there with another content, or the WAL is another cluster's
     */
    public Stored store(Path file, String name, int level) throws IOException, RepositoryException {
        WalName parsed = parse(name);
        if (parsed instanceof WalName.Segment || parsed instanceof WalName.Partial) {
            requireOwn(file);
        }
        Path target = parsed instanceof WalName.Partial ? distinct(parsed, file) : path(parsed);
        if (!Files.exists(target)
                && DurableFiles.create(target, out -> {
                    try (InputStream in = Files.newInputStream(file);
                            GZIPOutputStream packed = new Packer(out, level)) {
                        in.transferTo(packed);
                    }
                })) {
            return Stored.STORED;
        }
        if (!isSameContent(file, target)) {
            throw new RepositoryException(name + " is in the archive with another content (" + target
                    + "), and nothing is ever overwritten: either two clusters archive to this place, or two servers"
                    + " were primary on one timeline");
        }
        DurableFiles.sync(DurableFiles.directoryOf(target)); // whoever wrote it may have died before this
        return Stored.ALREADY_THERE;
    }

    /** Remembers whose WAL it is with the first segment, and refuses that of others. */
    private void requireOwn(Path file) throws IOException, RepositoryException {
        String theirs = WalHeader.read(file)
                .orElseThrow(() -> new RepositoryException(file + " is not a segment of WAL"))
                .systemIdentifier();
        claim(theirs);
    }

    /**
     * Binds this place to a cluster, if it is not yet.
     *
     * @throws RepositoryException when it belongs to another one
     */
    public void claim(String systemIdentifier) throws IOException, RepositoryException {
        String ours = systemIdentifier().orElse(null);
        if (ours == null) {
            DurableFiles.create(
                    identity, out -> out.write((systemIdentifier + "\n").getBytes(StandardCharsets.US_ASCII)));
            ours = systemIdentifier().orElse("");
        }
        if (!ours.equals(systemIdentifier)) {
            throw new RepositoryException(
                    "this place holds the archive of the cluster with the system identifier " + ours
                            + ", not of " + systemIdentifier
                            + ": give each cluster a scope or a directory of its own, or move the old one's away ("
                            + DurableFiles.directoryOf(identity) + ")");
        }
    }

    /** Whose archive it is; empty before the first file. */
    public Optional<String> systemIdentifier() throws IOException {
        try {
            return Optional.of(Files.readString(identity).strip());
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
    }

    /**
     * Copies a file out of the archive. Its checksum is verified before the content appears under the wanted name.
     *
     * @return false: the archive does not have it
     * @throws RepositoryException when it is damaged, or the name is none of WAL
     */
    public boolean fetch(String name, Path to) throws IOException, RepositoryException {
        Path source = path(parse(name));
        if (!Files.exists(source)) {
            return false;
        }
        Path temporary = to.resolveSibling(to.getFileName() + DurableFiles.TEMPORARY);
        try {
            try (InputStream in = open(source);
                    OutputStream out = Files.newOutputStream(temporary)) {
                in.transferTo(out);
            }
            Files.move(temporary, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (ZipException | EOFException e) {
            throw damaged(source, e);
        } finally {
            Files.deleteIfExists(temporary);
        }
        return true;
    }

    /** Reads a whole file and compares it with its checksum. */
    public void verify(WalName name) throws IOException, RepositoryException {
        Path source = path(name);
        try (InputStream in = open(source)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (ZipException | EOFException e) {
            throw damaged(source, e);
        }
    }

    private static RepositoryException damaged(Path source, IOException e) {
        return new RepositoryException(source + " is damaged: " + e.getMessage(), e);
    }

    /** The content of a history file; empty without it. */
    Optional<String> history(int timeline) throws IOException, RepositoryException {
        Path source = path(new WalName.HistoryFile(timeline));
        if (!Files.exists(source)) {
            return Optional.empty();
        }
        try (InputStream in = open(source)) {
            return Optional.of(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
        } catch (ZipException | EOFException e) {
            throw damaged(source, e);
        }
    }

    public boolean has(WalName name) {
        return Files.exists(path(name));
    }

    /** When a file was archived. */
    Instant archivedAt(WalName name) throws IOException {
        return Files.getLastModifiedTime(path(name)).toInstant();
    }

    /** The highest timeline of which the archive has a history file or a segment; 0 when it is empty. */
    public int highestTimeline() throws IOException {
        int highest = 0;
        for (WalName name : names()) {
            int timeline = switch (name) {
                case WalName.Segment segment -> segment.timeline();
                case WalName.Partial(WalName.Segment segment) -> segment.timeline();
                case WalName.HistoryFile(int number) -> number;
                case WalName.BackupNote(WalName.Segment segment, var _) -> segment.timeline();
            };
            highest = Math.max(highest, timeline);
        }
        return highest;
    }

    /** All whole segments. */
    public NavigableSet<WalName.Segment> segments() throws IOException {
        var segments = new TreeSet<WalName.Segment>();
        for (WalName name : names()) {
            if (name instanceof WalName.Segment segment) {
                segments.add(segment);
            }
        }
        return segments;
    }

    /**
     * Removes segments, their partial ends and notes below a place, on all timelines; history files stay.
     *
     * @param first the lowest number of a segment that stays
     * @return how many files went
     */
    int removeBelow(long first, long segmentBytes) throws IOException {
        int removed = 0;
        for (Path folder : folders()) {
            for (Path file : list(folder)) {
                String name = plainName(file);
                WalName.Segment segment = switch (WalName.parse(name).orElse(null)) {
                    case WalName.Segment whole -> whole;
                    case WalName.Partial(WalName.Segment whole) -> whole;
                    case WalName.BackupNote(WalName.Segment whole, var _) -> whole;
                    case WalName.HistoryFile _ -> null;
                    case null -> null;
                };
                if (segment != null && segment.number(segmentBytes) < first) {
                    Files.deleteIfExists(file);
                    removed++;
                }
            }
        }
        return removed;
    }

    private Iterable<WalName> names() throws IOException {
        var names = new ArrayList<WalName>();
        if (Files.isDirectory(directory)) {
            for (Path file : list(directory)) {
                WalName.parse(plainName(file)).ifPresent(names::add);
            }
            for (Path folder : folders()) {
                for (Path file : list(folder)) {
                    WalName.parse(plainName(file)).ifPresent(names::add);
                }
            }
        }
        return names;
    }

    private Iterable<Path> folders() throws IOException {
        return Files.isDirectory(directory)
                ? list(directory).stream().filter(Files::isDirectory).toList()
                : List.of();
    }

    private static List<Path> list(Path folder) throws IOException {
        var files = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(files::add);
        } catch (UncheckedIOException e) {
            throw e.getCause() == null ? new IOException(e) : e.getCause();
        }
        return files;
    }

    /** Without {@code .gz}; of the end of a timeline without its checksum, too. Empty for other files. */
    private static String plainName(Path file) {
        String name = file.getFileName().toString();
        if (!name.endsWith(COMPRESSED)) {
            return "";
        }
        return name.substring(0, name.length() - COMPRESSED.length())
                .replaceFirst("\\.partial-[0-9a-f]{" + DIGEST_LETTERS + "}$", ".partial");
    }

    private Path path(WalName name) {
        return switch (name) {
            case WalName.HistoryFile _ -> directory.resolve(name.text() + COMPRESSED);
            case WalName.Segment segment -> in(segment, name);
            case WalName.Partial(WalName.Segment segment) -> in(segment, name);
            case WalName.BackupNote(WalName.Segment segment, var _) -> in(segment, name);
        };
    }

    private Path in(WalName.Segment segment, WalName name) {
        return directory.resolve(segment.text().substring(0, 16)).resolve(name.text() + COMPRESSED);
    }

    private Path distinct(WalName partial, Path file) throws IOException {
        try (var in = new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            String digest = HexFormat.of().formatHex(in.getMessageDigest().digest());
            Path plain = path(partial);
            return plain.resolveSibling(partial.text() + "-" + digest.substring(0, DIGEST_LETTERS) + COMPRESSED);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static WalName parse(String name) throws RepositoryException {
        return WalName.parse(name)
                .orElseThrow(() -> new RepositoryException("'" + name + "' is not the name of a file of WAL"));
    }

    private static boolean isSameContent(Path file, Path archived) throws IOException, RepositoryException {
        try (InputStream fresh = Files.newInputStream(file);
                InputStream old = open(archived)) {
            while (true) {
                byte[] a = fresh.readNBytes(BUFFER_BYTES);
                byte[] b = old.readNBytes(BUFFER_BYTES);
                if (!Arrays.equals(a, b)) {
                    return false;
                }
                if (a.length == 0) {
                    return true;
                }
            }
        } catch (ZipException | EOFException e) {
            throw damaged(archived, e);
        }
    }

    private static InputStream open(Path archived) throws IOException {
        return new GZIPInputStream(Files.newInputStream(archived), BUFFER_BYTES);
    }

    /** A gzip stream of a chosen level. */
    private static final class Packer extends GZIPOutputStream {
        Packer(OutputStream out, int level) throws IOException {
            super(out, BUFFER_BYTES);
            def.setLevel(level);
        }
    }
}
