package io.matriarch.model;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;

/**
 * A base unit that PostgreSQL counts a setting in, and the conversion of values written with another unit. PostgreSQL
 * rounds a converted value to a multiple of the next smaller unit (guc.c, {@code convert_to_base_unit}).
 *
 * @param factor size of one base unit, in bytes or microseconds
 */
public record Unit(Kind kind, BigDecimal factor) {

    /** What is measured. */
    public enum Kind {
        PLAIN,
        MEMORY,
        TIME
    }

    private record Named(String name, long size) {}

    private static final List<Named> MEMORY = List.of(
            new Named("TB", 1L << 40),
            new Named("GB", 1L << 30),
            new Named("MB", 1L << 20),
            new Named("kB", 1L << 10),
            new Named("B", 1L));
    private static final List<Named> TIME = List.of(
            new Named("d", 86_400_000_000L),
            new Named("h", 3_600_000_000L),
            new Named("min", 60_000_000L),
            new Named("s", 1_000_000L),
            new Named("ms", 1_000L),
            new Named("us", 1L));

    public static final Unit NONE = new Unit(Kind.PLAIN, BigDecimal.ONE);
    public static final Unit BYTES = new Unit(Kind.MEMORY, BigDecimal.ONE);
    public static final Unit SECONDS = new Unit(Kind.TIME, BigDecimal.valueOf(1_000_000L));
    public static final Unit MILLISECONDS = new Unit(Kind.TIME, BigDecimal.valueOf(1_000L));

    /** The unit as {@code pg_settings.unit} names it, for instance {@code 8kB}; empty for an unknown name. */
    public static Optional<Unit> parse(String name) {
        int digits = 0;
        while (digits < name.length() && Character.isDigit(name.charAt(digits))) {
            digits++;
        }
        BigDecimal count = digits == 0 ? BigDecimal.ONE : new BigDecimal(name.substring(0, digits));
        String rest = name.substring(digits);
        for (Named unit : MEMORY) {
            if (unit.name.equals(rest)) {
                return Optional.of(new Unit(Kind.MEMORY, count.multiply(BigDecimal.valueOf(unit.size))));
            }
        }
        for (Named unit : TIME) {
            if (unit.name.equals(rest)) {
                return Optional.of(new Unit(Kind.TIME, count.multiply(BigDecimal.valueOf(unit.size))));
            }
        }
        return Optional.empty();
    }

    /** {@code number unit} in multiples of this unit; empty when the unit is unknown or of another kind. */
    Optional<BigDecimal> convert(BigDecimal number, String unit) {
        List<Named> units = switch (kind) {
            case PLAIN -> List.of();
            case MEMORY -> MEMORY;
            case TIME -> TIME;
        };
        for (int i = 0; i < units.size(); i++) {
            if (units.get(i).name.equals(unit)) {
                BigDecimal size = number.multiply(BigDecimal.valueOf(units.get(i).size));
                if (i + 1 < units.size()) {
                    var smaller = BigDecimal.valueOf(units.get(i + 1).size);
                    size = size.divide(smaller, 0, RoundingMode.HALF_EVEN).multiply(smaller);
                }
                return Optional.of(size.divide(factor, MathContext.DECIMAL128));
            }
        }
        return Optional.empty();
    }
}
