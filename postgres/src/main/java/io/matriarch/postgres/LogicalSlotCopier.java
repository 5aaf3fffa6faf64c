package io.matriarch.postgres;

import io.matriarch.model.Lsn;
import io.matriarch.model.config.PostgresSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Brings logical slots of the leader to a replica (contract replication.md 2.6). Before PostgreSQL 16 a standby cannot make
 * one, so the file of the slot is fetched and put in place while PostgreSQL does not run.
 */
final class LogicalSlotCopier {

    private static final System.Logger LOG = System.getLogger("patroni.postgresql.slots");
    private static final int FAILOVER_SLOTS = 17;

    private final Supplier<PostgresSettings> settings;
    private final Connections connections;
    /** Where the leader's slot stood when it was copied last: the same copy again would be as useless. For the job. */
    private final Map<String, Lsn> copied = new HashMap<>();

    /** @param state the content of the slot's file */
    record Copy(LogicalSlot slot, Lsn restartLsn, ByteBuffer state) {}

    LogicalSlotCopier(Supplier<PostgresSettings> settings, Connections connections) {
        this.settings = settings;
        this.connections = connections;
    }

    /** What the leader has of these. */
    List<Copy> fetch(Upstream leader, List<LogicalSlot> slots) {
        var copies = new ArrayList<Copy>();
        try (Connection connection = connections.primary(leader, settings.get().rewind())) {
            boolean failover = connection.getMetaData().getDatabaseMajorVersion() >= FAILOVER_SLOTS;
            try (PreparedStatement statement =
                    connection.prepareStatement("""
                        SELECT slot_type, database, plugin, restart_lsn,
                               pg_read_binary_file('pg_replslot/' || slot_name || '/state') AS state
                          FROM pg_replication_slots
                         WHERE slot_name = ? AND NOT pg_is_in_recovery()%s\
                        """.formatted(failover ? " AND NOT" + " failover" : ""))) {
                for (LogicalSlot slot : slots) {
                    statement.setString(1, slot.name());
                    fetch(statement, slot, copies);
                }
            }
        } catch (SQLException e) {
            LOG.log(Level.ERROR, "Failed to copy logical slots from the " + leader.name() + ": " + e.getMessage());
        }
        return copies;
    }

    private void fetch(PreparedStatement statement, LogicalSlot slot, List<Copy> copies) throws SQLException {
        try (var row = statement.executeQuery()) {
            if (!row.next()) {
                return;
            }
            String type = row.getString("slot_type");
            String database = row.getString("database");
            String plugin = row.getString("plugin");
            if (!type.equals("logical")
                    || !slot.database().equals(database)
                    || !slot.plugin().equals(plugin)) {
                LOG.log(
                        Level.WARNING,
                        "Will not copy the logical slot \"" + slot.name() + "\" due to the configuration mismatch: "
                                + "configuration=logical " + slot.database() + " " + slot.plugin()
                                + ", slot on the primary="
                                + type + " " + database + " " + plugin);
                return;
            }
            Lsn restart = Lsn.parse(row.getString("restart_lsn")).orElse(Lsn.NONE);
            if (!restart.equals(copied.get(slot.name()))) {
                copies.add(new Copy(slot, restart, ByteBuffer.wrap(row.getBytes("state"))));
            }
        }
    }

    /** Puts them in place; PostgreSQL must not run. */
    void write(List<Copy> copies) {
        Path slots = settings.get().dataDir().resolve("pg_replslot");
        try {
            FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(Files.getPosixFilePermissions(slots));
            for (Copy copy : copies) {
                write(slots, copy, mode);
                copied.put(copy.slot().name(), copy.restartLsn());
                LOG.log(
                        Level.INFO,
                        "Copied logical replication slot ''{0}''",
                        copy.slot().name());
            }
            sync(slots);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(Path slots, Copy copy, FileAttribute<?> mode) throws IOException {
        Path prepared = slots.resolve(copy.slot().name() + ".tmp");
        Path target = slots.resolve(copy.slot().name());
        remove(prepared);
        Files.createDirectory(prepared, mode);
        Path state = Files.createFile(
                prepared.resolve("state"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(
                        new DataFiles(settings.get().dataDir()).fileMode())));
        try (var channel = FileChannel.open(state, StandardOpenOption.WRITE)) {
            ByteBuffer content = copy.state().duplicate();
            while (content.hasRemaining()) {
                channel.write(content);
            }
            channel.force(true);
        }
        sync(prepared);
        remove(target);
        Files.move(prepared, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void remove(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
