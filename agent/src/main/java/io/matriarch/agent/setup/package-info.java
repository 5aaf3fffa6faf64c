/** What {@code patroni} does with a configuration instead of running a node (contract config.md 5): start at SetupTools. */
@NullMarked
package io.matriarch.agent.setup;

import org.jspecify.annotations.NullMarked;
