/** The hardware watchdog (contract watchdog-and-process.md 1). Start at {@code DeviceWatchdog}. */
@NullMarked
package io.matriarch.agent.watchdog;

import org.jspecify.annotations.NullMarked;
