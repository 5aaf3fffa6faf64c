package io.matriarch.engine.sync;

import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.Revision;
import io.matriarch.model.SyncState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * All that is true of a small cluster in synchronous mode, in sets of bits: member {@code i} is bit {@code i}, and the primary
 * is member 0. Who holds a commit besides the primary is such a set; what was acknowledged so far is a collection of them.
 */
final class SmallClusters {

    static final String ME = "n0";

    private SmallClusters() {}

    /**
     * The key, the parameter, and what was acknowledged before the parameter last changed.
     *
     * @param past bit {@code h} is set when some commit may be held by exactly the members {@code h}
     */
    record State(int leader, int voters, int quorum, String parameter, long past) {

        /** Freshly switched on: everything so far was acknowledged by the primary alone. */
        static final State ENABLED = new State(0, 0, 0, "", 1);

        StandbyNames names() {
            return StandbyNames.parse(parameter).orElseThrow();
        }

        SyncState key() {
            return new SyncState("n" + leader, quorum, members(voters), Revision.NONE);
        }

        /** What {@code past} becomes when the parameter changes: commits under the old one join it. */
        long pastAfterChange() {
            return minimal(past | letGo(names(), names()));
        }

        /**
         * What is acknowledged while the parameter changes from {@code one} to {@code other}, and for the same one twice, while
         * it stands: any of the smaller number out of both lists together.
         */
        private static long letGo(StandbyNames one, StandbyNames other) {
            if (one.holdsEverything() || other.holdsEverything()) {
                return 0;
            }
            int listed = bits(one.names()) | bits(other.names());
            int number = Math.min(number(one), number(other));
            long all = 0;
            for (int h = 0; h < 32; h++) {
                if ((h & ~listed) == 0 && Integer.bitCount(h) == number) {
                    all |= 1L << h;
                }
            }
            return all;
        }

        private static int number(StandbyNames names) {
            return names.method() == StandbyNames.Method.OFF
                    ? 0
                    : Math.min(names.count(), names.names().size());
        }

        private State changedTo(String value) {
            long spreading = letGo(names(), StandbyNames.parse(value).orElseThrow());
            return new State(leader, voters, quorum, value, minimal(pastAfterChange() | spreading));
        }

        /** The same after {@code confirmed} have received all of the past. */
        State with(int confirmed) {
            long known = 0;
            for (int h = 0; h < 32; h++) {
                if ((past >> h & 1) == 1) {
                    known |= 1L << (h | confirmed);
                }
            }
            return new State(leader, voters, quorum, parameter, minimal(known));
        }

        /**
         * Those who can be elected without the primary: {@code quorum} and one more out of voters and leader. Each such set
         * must meet each set of holders.
         */
        boolean isSafe() {
            int electors = (voters | 1 << leader) & ~1;
            long commits = pastAfterChange();
            for (int h = 0; h < 32; h++) {
                if ((commits >> h & 1) == 1 && Integer.bitCount(electors & ~h) > quorum) {
                    return false;
                }
            }
            return true;
        }

        State after(SyncStep step) {
            return switch (step) {
                case SyncStep.WriteKey w -> new State(0, bits(w.voters()), w.quorum(), parameter, past);
                case SyncStep.SetParameter(var value) -> changedTo(value);
                case SyncStep.Hold(var value, var kept) -> kept ? this : changedTo(value);
                case SyncStep.AwaitConfirmation _, SyncStep.Done _ -> this;
            };
        }
    }

    private static long minimal(long sets) {
        long kept = 0;
        for (int h = 0; h < 32; h++) {
            if ((sets >> h & 1) == 0) {
                continue;
            }
            boolean smaller = false;
            for (int part = (h - 1) & h; h != 0 && !smaller; part = (part - 1) & h) {
                smaller = (sets >> part & 1) == 1;
                if (part == 0) {
                    break;
                }
            }
            if (!smaller) {
                kept |= 1L << h;
            }
        }
        return kept;
    }

    static List<String> members(int bits) {
        var names = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            if ((bits >> i & 1) == 1) {
                names.add("n" + i);
            }
        }
        return names;
    }

    static int bits(Collection<String> names) {
        int bits = 0;
        for (String name : Names.without(names, List.of("*"))) {
            bits |= 1 << name.charAt(1) - '0';
        }
        return bits;
    }

    static Standbys standbys(int active, int confirmed) {
        return new Standbys(members(active), Names.of(members(confirmed)), List.of());
    }

    static DynamicConfig config(int wanted, boolean strict) {
        return new DynamicConfig(Json.parseObject("{\"synchronous_mode\":\"quorum\",\"synchronous_node_count\":"
                        + wanted + ",\"synchronous_mode_strict\":" + strict + "}")
                .orElseThrow());
    }

    /** All subsets of {@code bits}. */
    static List<Integer> subsets(int bits) {
        var all = new ArrayList<Integer>();
        for (int part = bits; ; part = (part - 1) & bits) {
            all.add(part);
            if (part == 0) {
                return all;
            }
        }
    }
}
