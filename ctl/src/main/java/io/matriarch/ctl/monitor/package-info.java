/**
 * {@code matriarch monitor}: is a cluster well, in a line and an exit code that monitoring systems read. Start at
 * {@code MonitorCommand}; {@code ClusterHealth} judges, {@code Observation} is what was seen.
 */
@NullMarked
package io.matriarch.ctl.monitor;

import org.jspecify.annotations.NullMarked;
