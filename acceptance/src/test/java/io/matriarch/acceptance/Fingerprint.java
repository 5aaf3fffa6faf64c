package io.matriarch.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What a directory holds, byte for byte: names, owners, modes and contents, by relative path. */
record Fingerprint(Map<String, String> entries) {

    static Fingerprint of(Path root) throws IOException {
        var entries = new TreeMap<String, String>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                entries.put(root.relativize(path).toString(), describe(path));
            }
        }
        return new Fingerprint(entries);
    }

    private static String describe(Path path) throws IOException {
        var attributes = Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        String content = attributes.isSymbolicLink()
                ? Files.readSymbolicLink(path).toString()
                : attributes.isRegularFile() ? hash(Files.readAllBytes(path)) : "";
        return attributes.owner() + " " + PosixFilePermissions.toString(attributes.permissions()) + " " + content;
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The paths that are new, gone or different in {@code later}. */
    SortedSet<String> changedIn(Fingerprint later) {
        var changed = new TreeSet<>(entries.keySet());
        changed.addAll(later.entries.keySet());
        changed.removeIf(path -> Objects.equals(entries.get(path), later.entries.get(path)));
        return changed;
    }
}
