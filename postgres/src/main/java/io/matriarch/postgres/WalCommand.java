package io.matriarch.postgres;

import java.nio.file.Path;

/** An {@code archive_command} or {@code restore_command} for one segment (contract ha-loop.md 12.3). */
final class WalCommand {

    /** Stands for "the oldest file that a restart needs", which nobody knows outside of the server. */
    private static final String OLDEST = "000000010000000000000001";

    private WalCommand() {}

    static String of(String template, Path dataDirectory, String segment) {
        var command = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            char next = c == '%' && i + 1 < template.length() ? template.charAt(i + 1) : 0;
            String value = switch (next) {
                case 'p' -> dataDirectory.resolve("pg_wal").resolve(segment).toString();
                case 'f' -> segment;
                case 'r' -> OLDEST;
                case '%' -> "%";
                default -> "";
            };
            if (value.isEmpty()) {
                command.append(c);
            } else {
                command.append(value);
                i++;
            }
        }
        return command.toString();
    }
}
