/**
 * Logging of the agent (contract watchdog-and-process.md 3) on top of java.util.logging: lines as Python's logging
 * writes them, through a bounded queue that drops rather than blocks. Start at {@link
 * io.matriarch.agent.logging.Logging}.
 */
@NullMarked
package io.matriarch.agent.logging;

import org.jspecify.annotations.NullMarked;
