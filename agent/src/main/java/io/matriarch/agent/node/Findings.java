package io.matriarch.agent.node;

import io.matriarch.engine.Durability;
import io.matriarch.engine.slots.SlotUse;
import java.util.List;
import java.util.Optional;

/**
 * What a node says of its promises, beyond what Patroni does.
 *
 * @param gate why ordinary clients are kept out after a crash; empty: they are not
 * @param durability what became of acknowledged commits in the last failover that this node had a part in
 * @param promises who promised whom not to follow it, while the store does not answer
 * @param slots what each slot holds back
 */
public record Findings(
        Optional<String> gate, Optional<Durability> durability, MemberPromises promises, List<SlotUse> slots) {

    public static final Findings NONE =
            new Findings(Optional.empty(), Optional.empty(), MemberPromises.NONE, List.of());

    public Findings {
        slots = List.copyOf(slots);
    }
}
