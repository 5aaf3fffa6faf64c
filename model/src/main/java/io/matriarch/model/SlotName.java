package io.matriarch.model;

import java.util.Locale;

/** The replication slot of a member (contract replication.md 2.1). */
public final class SlotName {

    private static final int LIMIT = 63;

    private SlotName() {}

    /** Lower case; {@code -} and {@code .} become {@code _}, what no slot name may hold becomes {@code u<code point>}. */
    public static String of(String member) {
        var slot = new StringBuilder();
        member.toLowerCase(Locale.ROOT).codePoints().forEach(c -> {
            if (c == '-' || c == '.') {
                slot.append('_');
            } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
                slot.append((char) c);
            } else {
                slot.append(String.format(Locale.ROOT, "u%04d", c));
            }
        });
        return slot.length() > LIMIT ? slot.substring(0, LIMIT) : slot.toString();
    }
}
