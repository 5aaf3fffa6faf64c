/**
 * What the agent counts of its own work, for {@code /metrics}: {@link io.matriarch.agent.meters.Meters}, and the ports that
 * count on the way to what they stand for.
 */
@NullMarked
package io.matriarch.agent.meters;

import org.jspecify.annotations.NullMarked;
