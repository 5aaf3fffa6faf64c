package io.matriarch.model;

/**
 * A PostgreSQL version as people write it, in the form of {@code server_version_num}: {@code 15.3} is 150003,
 * {@code 9.6.2} is 90602.
 */
public sealed interface PostgresVersion {

    /** @param number comparable with the server's version number */
    record Valid(int number) implements PostgresVersion {}

    /** @param message what people are told (contract rest-api.md 5.1) */
    record Invalid(String message) implements PostgresVersion {}

    /** Reads {@code X.Y} or {@code X.Y.Z}. */
    static PostgresVersion parse(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length < 2 || parts.length > 3) {
            return new Invalid("Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: " + text);
        }
        try {
            int number = Integer.parseInt(parts[0].strip());
            if (parts.length == 2) {
                return new Valid(Math.addExact(Math.multiplyExact(number, 10_000), Integer.parseInt(parts[1].strip())));
            }
            int minor = Integer.parseInt(parts[1].strip());
            int patch = Integer.parseInt(parts[2].strip());
            return new Valid(Math.addExact(Math.multiplyExact(number, 10_000), minor * 100 + patch));
        } catch (NumberFormatException | ArithmeticException _) {
            return new Invalid("Invalid PostgreSQL version: " + text);
        }
    }
}
