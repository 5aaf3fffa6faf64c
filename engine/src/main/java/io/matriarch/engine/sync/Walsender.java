package io.matriarch.engine.sync;

import io.matriarch.model.ConnUrl;
import io.matriarch.model.Lsn;
import io.matriarch.model.Member;
import io.matriarch.model.SlotName;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pg_stat_replication}; positions are {@link Lsn#NONE} when null.
 *
 * @param clientAddress null over a Unix socket
 * @param slot the replication slot that it uses; null: none
 */
public record Walsender(
        long pid,
        String applicationName,
        @Nullable String clientAddress,
        @Nullable String slot,
        String state,
        String syncState,
        Lsn sent,
        Lsn written,
        Lsn flushed,
        Lsn replayed) {

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");

    /** The position that a commit waits for. */
    Lsn confirmedPosition(String synchronousCommit) {
        return switch (synchronousCommit) {
            case "remote_apply" -> replayed;
            case "remote_write" -> written;
            default -> flushed;
        };
    }

    /**
     * Whether the standby has WAL that it was not sent from here: a part of another history, which PostgreSQL takes for ours.
     * A walreceiver counts all that its server has replayed as flushed (PostgreSQL source, {@code walreceiver.c}), so a standby
     * or former primary that was ahead when this timeline began seems to confirm commits that it will never get. It does so
     * for a moment only, until it has learned where its timeline ended.
     */
    public boolean isAhead() {
        return flushed.isAfter(sent);
    }

    /**
     * Whether what its standby reports can let a commit go, now or when it has caught up. One that waits for a command cannot:
     * the connection of a host that is gone without a word stays like that for hours, for {@code wal_sender_timeout} counts
     * while it streams.
     */
    boolean mayConfirm() {
        return !state.equals("startup") && !state.equals("backup");
    }

    boolean isNamed(String name) {
        return applicationName.equalsIgnoreCase(name);
    }

    /**
     * Why this is something else that streams under the member's name, for instance {@code pg_receivewal} with a copied
     * connection string; empty when it may be the member.
     *
     * <p>A member streams through the slot that bears its name: whoever uses another one, or none while the member uses its own,
     * is not it. Without any slot in sight the address decides, where the member publishes one: a host name is not looked up,
     * because that may block.
     */
    Optional<String> strangeness(Member member, Collection<Walsender> all, boolean useSlots) {
        String own = SlotName.of(member.name());
        if (useSlots && slot != null && !slot.equals(own)) {
            return Optional.of("it uses slot " + slot);
        }
        if (useSlots && slot != null) {
            return Optional.empty();
        }
        if (useSlots && all.stream().anyMatch(w -> own.equals(w.slot))) {
            return Optional.of("the member streams through its slot, this does not");
        }
        ConnUrl published = member.address();
        String host = published == null ? null : published.host();
        boolean elsewhere =
                host != null && clientAddress != null && ADDRESS.matcher(host).matches() && !host.equals(clientAddress);
        return elsewhere
                ? Optional.of("it comes from " + clientAddress + ", the member is at " + host)
                : Optional.empty();
    }
}
