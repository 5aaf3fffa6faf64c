package io.matriarch.engine.slots;

import io.matriarch.model.Lsn;
import java.util.List;
import java.util.Set;

/**
 * The slots of this node and what else of its PostgreSQL matters for them.
 *
 * @param leads whether it is not in recovery
 * @param replayed position of a replica; {@link Lsn#NONE} when it leads
 * @param broken logical slots that could not be moved, because the WAL they need is gone
 */
public record LocalSlots(boolean leads, Lsn replayed, List<ExistingSlot> slots, Set<String> broken) {

    public LocalSlots {
        slots = List.copyOf(slots);
        broken = Set.copyOf(broken);
    }
}
