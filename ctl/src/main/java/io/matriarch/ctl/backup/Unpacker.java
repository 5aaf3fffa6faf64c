package io.matriarch.ctl.backup;

import io.matriarch.ctl.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Unpacks the archives of a base backup, as {@code pg_basebackup --format=tar} makes them. */
final class Unpacker {

    private Unpacker() {}

    /**
     * Unpacks all: the data directory, the WAL that makes it consistent, and each tablespace into a directory of its own.
     *
     * @param backup the directory with the archives
     * @param into the new data directory, which exists and is empty
     * @param tablespaces where the tablespaces go, by their numbers
     * @return the numbers of the tablespaces
     */
    static List<String> unpack(Path backup, Path into, Path tablespaces, Progress progress)
            throws CommandFailure, InterruptedException, IOException {
        var numbers = new ArrayList<String>();
        for (Path archive : archives(backup)) {
            String name = archive.getFileName().toString().replaceFirst("\\.tar(\\.gz)?$", "");
            Path target = switch (name) {
                case "base" -> into;
                case "pg_wal" -> into.resolve("pg_wal");
                default -> {
                    numbers.add(name);
                    yield tablespaces.resolve(name);
                }
            };
            Files.createDirectories(target);
            progress.say("Unpacking " + archive.getFileName());
            Tool.of(BaseBackup.LONG, "tar", "-x", "-f", archive.toString(), "-C", target.toString())
                    .demand();
        }
        return numbers;
    }

    /** The main one first: it makes the directories of the others. */
    private static List<Path> archives(Path backup) throws IOException {
        try (Stream<Path> files = Files.list(backup)) {
            return files.filter(file -> file.getFileName().toString().matches("(base|pg_wal|[0-9]+)\\.tar(\\.gz)?"))
                    .sorted((a, b) -> Boolean.compare(isMain(b), isMain(a)))
                    .toList();
        }
    }

    private static boolean isMain(Path archive) {
        return archive.getFileName().toString().startsWith("base.");
    }
}
