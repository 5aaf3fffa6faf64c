package io.matriarch.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Timing;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Contract config.md 3.3. */
class TimingRuleTest {

    private static TimingRule.Adjusted adjust(String yaml) throws ConfigurationException {
        return TimingRule.apply(new DynamicConfig(ConfigTree.parseYaml("dynamic", yaml)));
    }

    private static Timing timing(int ttl, int loopWait, int retryTimeout) {
        return new Timing(Duration.ofSeconds(ttl), Duration.ofSeconds(loopWait), Duration.ofSeconds(retryTimeout));
    }

    @Test
    void theFastProfileHasItsOwnDefaultsAndMinima() throws ConfigurationException {
        var fast = new Timing(Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(1));
        assertEquals(fast, adjust("matriarch: {profile: fast}").timing());
        assertEquals(
                fast,
                adjust("{matriarch: {profile: fast}, ttl: 1, loop_wait: 5, retry_timeout: 0}")
                        .timing());
        assertEquals(
                new Timing(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(2)),
                adjust("{matriarch: {profile: fast}, ttl: 5, retry_timeout: 2}").timing());
    }

    @Test
    void times_that_fit_are_left_alone() throws ConfigurationException {
        var config = new DynamicConfig(ConfigTree.parseYaml("dynamic", "{ttl: '30', loop_wait: 10.9, x: 1}"));
        TimingRule.Adjusted adjusted = TimingRule.apply(config);

        assertEquals(Timing.DEFAULT, adjusted.timing());
        assertEquals(List.of(), adjusted.warnings());
        assertSame(config.document(), adjusted.config().document());
        assertEquals(Timing.DEFAULT, TimingRule.apply(DynamicConfig.EMPTY).timing());
    }

    @Test
    void each_time_has_a_minimum() throws ConfigurationException {
        TimingRule.Adjusted adjusted = adjust("{ttl: 5, loop_wait: 0, retry_timeout: 1, x: 1}");

        assertEquals(timing(20, 1, 3), adjusted.timing());
        assertEquals(
                List.of(
                        "loop_wait=0 can't be smaller than 1, adjusting...",
                        "retry_timeout=1 can't be smaller than 3, adjusting...",
                        "ttl=5 can't be smaller than 20, adjusting..."),
                adjusted.warnings());
        assertEquals(
                "{\"ttl\":20,\"loop_wait\":1,\"retry_timeout\":3,\"x\":1}",
                Json.compact(adjusted.config().document()));
    }

    @Test
    void a_long_retry_shortens_both() throws ConfigurationException {
        TimingRule.Adjusted adjusted = adjust("{ttl: 20, loop_wait: 10, retry_timeout: 10}");

        assertEquals(timing(20, 1, 9), adjusted.timing());
        assertEquals(
                List.of("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=20."
                        + " Adjusting loop_wait from 10 to 1 and retry_timeout from 10 to 9"),
                adjusted.warnings());
    }

    @Test
    void a_long_wait_is_shortened() throws ConfigurationException {
        TimingRule.Adjusted adjusted = adjust("{ttl: 25, loop_wait: 10, retry_timeout: 10}");

        assertEquals(timing(25, 5, 10), adjusted.timing());
        assertEquals(
                List.of("Violated the rule \"loop_wait + 2*retry_timeout <= ttl\", where ttl=25 and retry_timeout=10."
                        + " Adjusting loop_wait from 10 to 5"),
                adjusted.warnings());
    }

    @Test
    void the_rule_holds_for_all_small_times_and_is_stable() throws ConfigurationException {
        for (int ttl = 0; ttl <= 45; ttl += 3) {
            for (int loopWait = 0; loopWait <= 30; loopWait += 2) {
                for (int retry = 0; retry <= 30; retry += 2) {
                    TimingRule.Adjusted once =
                            adjust("{ttl: %d, loop_wait: %d, retry_timeout: %d}".formatted(ttl, loopWait, retry));
                    Timing t = once.timing();
                    Duration needed = t.loopWait().plus(t.retryTimeout().multipliedBy(2));
                    assertTrue(needed.compareTo(t.ttl()) <= 0, t::toString);
                    assertTrue(t.loopWait().toSeconds() >= 1 && t.retryTimeout().toSeconds() >= 3, t::toString);

                    TimingRule.Adjusted again = TimingRule.apply(once.config());
                    assertEquals(t, again.timing());
                    assertEquals(List.of(), again.warnings());
                }
            }
        }
    }

    @Test
    void a_time_that_is_no_integer_cannot_be_applied() {
        var failure = assertThrows(ConfigurationException.class, () -> adjust("{ttl: soon}"));
        assertEquals("ttl: expected an integer, but got \"soon\"", failure.getMessage());
        assertThrows(ConfigurationException.class, () -> adjust("{loop_wait: null}"));
    }
}
