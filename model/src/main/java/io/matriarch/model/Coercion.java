package io.matriarch.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The lenient reading of booleans and numbers (contract README, "String/boolean/number coercion"). Nothing here throws
 * for bad input: what cannot be read is empty.
 */
public final class Coercion {

    private static final Pattern NUMBER = Pattern.compile(
            "\\s*([-+]?)(0[xX][0-9a-fA-F]+|(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)\\s*([A-Za-z]*)\\s*");

    /** Doubles, which PostgreSQL reads settings as, end at 1e308; the digits of more would fill the memory. */
    private static final int MAX_EXPONENT = 400;

    /** As many as fit into a {@code long} whatever they are. */
    private static final int PLAIN_DIGITS = 18;

    private Coercion() {}

    /** {@code on true yes 1} and {@code off false no 0} in any case. */
    public static Optional<Boolean> bool(JsonElement value) {
        return value instanceof JsonPrimitive p ? bool(p.getAsString()) : Optional.empty();
    }

    public static Optional<Boolean> bool(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "on", "true", "yes", "1" -> Optional.of(true);
            case "off", "false", "no", "0" -> Optional.of(false);
            default -> Optional.empty();
        };
    }

    /** A number without unit; booleans count as 1 and 0. Rounded half to even. */
    public static Optional<Long> integer(JsonElement value) {
        if (value instanceof JsonPrimitive p) {
            return p.isBoolean() ? Optional.of(p.getAsBoolean() ? 1L : 0L) : integer(p.getAsString(), Unit.NONE);
        }
        return Optional.empty();
    }

    /** A number with an optional unit, in multiples of {@code base}. Rounded half to even. */
    public static Optional<Long> integer(JsonElement value, Unit base) {
        return value instanceof JsonPrimitive p && !p.isBoolean() ? integer(p.getAsString(), base) : integer(value);
    }

    public static Optional<Long> integer(String text, Unit base) {
        return isPlainNumber(text) ? Optional.of(Long.parseLong(text)) : parsedInteger(text, base);
    }

    /** What nearly all numbers are: a few decimal digits and nothing else. A leading zero says that they are octal. */
    private static boolean isPlainNumber(String text) {
        if (text.isEmpty() || text.length() > PLAIN_DIGITS || (text.charAt(0) == '0' && text.length() > 1)) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static Optional<Long> parsedInteger(String text, Unit base) {
        return real(text, base)
                .map(d -> d.setScale(0, RoundingMode.HALF_EVEN).toBigInteger())
                .filter(b -> b.bitLength() < 64)
                .map(BigInteger::longValue);
    }

    /** A real number with an optional unit, in multiples of {@code base}. */
    public static Optional<BigDecimal> real(String text, Unit base) {
        var m = NUMBER.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        String digits = m.group(2);
        BigDecimal number;
        try {
            if (digits.regionMatches(true, 0, "0x", 0, 2)) {
                number = new BigDecimal(new BigInteger(digits.substring(2), 16));
            } else if (digits.length() > 1
                    && digits.charAt(0) == '0'
                    && digits.chars().allMatch(Character::isDigit)) {
                number = new BigDecimal(new BigInteger(digits, 8));
            } else {
                number = new BigDecimal(digits);
            }
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
        if (Math.abs((long) number.scale()) > MAX_EXPONENT || number.precision() > MAX_EXPONENT) {
            return Optional.empty();
        }
        if (m.group(1).equals("-")) {
            number = number.negate();
        }
        String unit = m.group(3);
        return unit.isEmpty() ? Optional.of(number) : base.convert(number, unit);
    }
}
