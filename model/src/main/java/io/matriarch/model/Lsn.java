package io.matriarch.model;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A position in the write-ahead log: unsigned 64-bit byte offset. {@link #NONE} (0) means "not known". */
public record Lsn(long bytes) implements Comparable<Lsn> {

    public static final Lsn NONE = new Lsn(0);

    /** Parses PostgreSQL's text form {@code X/Y}; empty for anything else. */
    public static Optional<Lsn> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            return Optional.empty();
        }
        try {
            long high = Long.parseLong(text.substring(0, slash).strip(), 16);
            long low = Long.parseLong(text.substring(slash + 1).strip(), 16);
            if (high < 0 || low < 0 || high > 0xFFFF_FFFFL || low > 0xFFFF_FFFFL) {
                return Optional.empty();
            }
            return Optional.of(new Lsn(high << 32 | low));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Parses a number of bytes; {@link #NONE} for anything else, and for null. */
    public static Lsn ofBytes(@Nullable String text) {
        try {
            return text == null ? NONE : new Lsn(Long.parseUnsignedLong(text.strip()));
        } catch (NumberFormatException e) {
            return NONE;
        }
    }

    public boolean isKnown() {
        return bytes != 0;
    }

    public boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    /** Bytes from {@code other} to this position, never below 0. */
    public long bytesAfter(Lsn other) {
        return isAfter(other) ? bytes - other.bytes : 0;
    }

    public static Lsn max(Lsn a, Lsn b) {
        return a.isAfter(b) ? a : b;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(bytes, other.bytes);
    }

    /** PostgreSQL's text form, for instance {@code 0/4000060}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", bytes >>> 32, bytes & 0xFFFF_FFFFL);
    }
}
