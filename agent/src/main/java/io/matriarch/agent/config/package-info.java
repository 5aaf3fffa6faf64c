/** The agent's own copy of the dynamic configuration (contract config.md 1.3). */
@NullMarked
package io.matriarch.agent.config;

import org.jspecify.annotations.NullMarked;
