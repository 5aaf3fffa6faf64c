package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Coercion;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.PythonText;
import io.matriarch.model.Timing;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps {@code loop_wait + 2 * retry_timeout <= ttl}, so that a leader finds time to retry before its lease ends
 * (contract config.md 3.3). The numbers in the store stay as they are; every node adjusts its own copy.
 */
public final class TimingRule {

    private static final long MIN_LOOP_WAIT = 1;

    /** The smallest values that are accepted, and those that hold when nothing is set. */
    private record Profile(long leastTtl, long leastRetryTimeout, Timing usual) {}

    /** Patroni's. */
    private static final Profile USUAL = new Profile(20, 3, Timing.DEFAULT);
    /** Ours; the lease is renewed several times between two cycles. */
    private static final Profile FAST =
            new Profile(3, 1, new Timing(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(1)));

    private TimingRule() {}

    /**
     * A dynamic configuration whose times fit together.
     *
     * @param config as given, with those times that had to be adjusted replaced
     * @param warnings one for each adjustment
     */
    public record Adjusted(Timing timing, DynamicConfig config, List<String> warnings) {}

    /** @throws ConfigurationException when one of the three times is not an integer */
    public static Adjusted apply(DynamicConfig dynamic) throws ConfigurationException {
        var warnings = new ArrayList<String>();
        JsonObject document = dynamic.document();
        Profile profile = dynamic.isFast() ? FAST : USUAL;
        long givenLoopWait = seconds(document, "loop_wait", profile.usual.loopWait());
        long givenRetryTimeout = seconds(document, "retry_timeout", profile.usual.retryTimeout());
        long givenTtl = seconds(document, "ttl", profile.usual.ttl());

        long loopWait = atLeast("loop_wait", givenLoopWait, MIN_LOOP_WAIT, warnings);
        long retryTimeout = atLeast("retry_timeout", givenRetryTimeout, profile.leastRetryTimeout, warnings);
        long ttl = atLeast("ttl", givenTtl, profile.leastTtl, warnings);
        String rule = "Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=" + ttl;
        if (MIN_LOOP_WAIT + 2 * retryTimeout > ttl) {
            long fitting = (ttl - MIN_LOOP_WAIT) / 2;
            warnings.add(rule + ". Adjusting loop_wait from " + loopWait + " to " + MIN_LOOP_WAIT
                    + " and retry_timeout from " + retryTimeout + " to " + fitting);
            loopWait = MIN_LOOP_WAIT;
            retryTimeout = fitting;
        } else if (loopWait + 2 * retryTimeout > ttl) {
            long fitting = ttl - 2 * retryTimeout;
            warnings.add(rule + " and retry_timeout=" + retryTimeout + ". Adjusting loop_wait from " + loopWait + " to "
                    + fitting);
            loopWait = fitting;
        }

        JsonObject adjusted = document;
        if (loopWait != givenLoopWait || retryTimeout != givenRetryTimeout || ttl != givenTtl) {
            adjusted = document.deepCopy();
            replace(adjusted, "loop_wait", givenLoopWait, loopWait);
            replace(adjusted, "retry_timeout", givenRetryTimeout, retryTimeout);
            replace(adjusted, "ttl", givenTtl, ttl);
        }
        var timing =
                new Timing(Duration.ofSeconds(ttl), Duration.ofSeconds(loopWait), Duration.ofSeconds(retryTimeout));
        return new Adjusted(timing, new DynamicConfig(adjusted), List.copyOf(warnings));
    }

    private static long atLeast(String key, long value, long minimum, List<String> warnings) {
        if (value >= minimum) {
            return value;
        }
        warnings.add(key + "=" + value + " can't be smaller than " + minimum + ", adjusting...");
        return minimum;
    }

    private static void replace(JsonObject document, String key, long given, long adjusted) {
        if (given != adjusted) {
            document.addProperty(key, adjusted);
        }
    }

    private static long seconds(JsonObject document, String key, Duration otherwise) throws ConfigurationException {
        JsonElement value = document.get(key);
        if (value == null) {
            return otherwise.toSeconds();
        }
        return integer(value, key);
    }

    /** A number is cut to its integer part, a text must be an integer. */
    private static long integer(JsonElement value, String key) throws ConfigurationException {
        if (value instanceof JsonPrimitive p && p.isNumber()) {
            return new BigDecimal(p.getAsString()).longValue();
        }
        return Coercion.integer(value)
                .orElseThrow(() -> new ConfigurationException(
                        key + ": expected an integer, but got \"" + PythonText.str(value) + "\""));
    }
}
