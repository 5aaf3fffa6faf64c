package io.matriarch.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Removes a data directory, or puts it aside, together with what its links for WAL and tablespaces point to (contract
 * postgres-control.md 7).
 *
 * <p>{@code global/pg_control} goes first: when the removal is interrupted, what is left cannot be started by anybody,
 * and the mark of the {@link RejoinJournal} tells the next agent so.
 */
final class DataDirectoryRemover {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql");

    private final Supplier<Path> dataDirectory;
    private final RejoinJournal journal;

    DataDirectoryRemover(Supplier<Path> dataDirectory, RejoinJournal journal) {
        this.dataDirectory = dataDirectory;
        this.journal = journal;
    }

    /**
     * Removes it; what cannot be removed is renamed to {@code <name>.failed}.
     *
     * @return whether nothing is left under the directory's name (an empty directory counts as nothing)
     */
    boolean remove() {
        Path directory = dataDirectory.get();
        LOG.log(Level.INFO, "Removing data directory: {0}", directory);
        try {
            journal.begin(InterruptedRejoin.Step.REMOVE, "");
            if (Files.isSymbolicLink(directory)) {
                Files.delete(directory);
            } else if (Files.isDirectory(directory)) {
                Files.deleteIfExists(directory.resolve("global/pg_control"));
                for (Path target : linkedDirectories(directory)) {
                    LOG.log(Level.INFO, "Removing directory that the data directory links to: {0}", target);
                    deleteTree(target);
                }
                deleteTree(directory);
            } else {
                Files.deleteIfExists(directory);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.ERROR, "Could not remove data directory " + directory, e);
            return moveAside();
        }
        journal.clear();
        return true;
    }

    /**
     * Renames it, and the directories that it links to, to {@code <name>.failed}; an older one of that name is removed.
     */
    boolean moveAside() {
        Path directory = dataDirectory.get();
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        try {
            for (Path link : links(directory)) {
                Path target = link.toRealPath();
                Path aside = renameToFailed(target);
                Files.delete(link);
                Files.createSymbolicLink(link, aside);
            }
            Path aside = renameToFailed(directory);
            LOG.log(Level.INFO, "renaming data directory to {0}", aside);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "Could not rename data directory " + directory, e);
            return false;
        }
        journal.clear();
        return true;
    }

    private static Path renameToFailed(Path path) throws IOException {
        Path aside = path.resolveSibling(path.getFileName() + ".failed");
        deleteTree(aside);
        return Files.move(path, aside);
    }

    private static List<Path> linkedDirectories(Path directory) throws IOException {
        var targets = new ArrayList<Path>();
        for (Path link : links(directory)) {
            targets.add(link.toRealPath());
        }
        return targets;
    }

    /** {@code pg_wal} and the entries of {@code pg_tblspc}, as far as they are links to something that exists. */
    private static List<Path> links(Path directory) throws IOException {
        var links = new ArrayList<Path>();
        links.add(directory.resolve("pg_wal"));
        try (DirectoryStream<Path> tablespaces = Files.newDirectoryStream(directory.resolve("pg_tblspc"))) {
            tablespaces.forEach(links::add);
        } catch (NoSuchFileException _) {
            // not a whole data directory
        }
        links.removeIf(link -> !Files.isSymbolicLink(link) || !Files.isDirectory(link));
        return links;
    }

    /** Follows no links. A root that cannot be removed itself, such as a mount point, may stay when it is empty. */
    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                try {
                    Files.deleteIfExists(visited);
                } catch (IOException notRemovable) {
                    if (!visited.equals(root) || !isEmpty(root)) {
                        throw notRemovable;
                    }
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }
}
