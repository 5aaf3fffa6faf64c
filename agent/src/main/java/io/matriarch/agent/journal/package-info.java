/**
 * The journal of decisions on this node's disk, which {@code matriarch explain} reads. Start at {@code FileJournal}.
 */
@NullMarked
package io.matriarch.agent.journal;

import org.jspecify.annotations.NullMarked;
