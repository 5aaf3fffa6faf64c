package io.matriarch.engine.lease;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Visits every state that a {@link LeaseModel} can reach, breadth first, so that the first violation has a shortest story.
 * Of states that were seen it keeps 64 bits each: that two of some ten million collide is less likely than a broken disk.
 */
final class Explorer {

    /**
     * What was found.
     *
     * @param twoLead whether two lead at an instant
     * @param story what happened, step by step, until then
     * @param complete whether everything was visited
     */
    record Found(int states, int depth, boolean twoLead, List<String> story, boolean complete) {}

    /** @param before null: nobody will ask for the story, or it is the first one */
    private record Step(byte[] state, @Nullable Step before, String what) {}

    private Explorer() {}

    /**
     * Explores.
     *
     * @param most states to visit
     * @param withStory costs memory for every state
     */
    static Found explore(LeaseModel model, int most, boolean withStory) {
        var seen = new Fingerprints();
        var first = new Step(model.first(), null, "");
        seen.add(first.state);
        List<Step> level = List.of(first);
        int depth = 0;
        while (!level.isEmpty()) {
            var following = new ArrayList<Step>();
            for (Step step : level) {
                for (LeaseModel.Next next : model.next(step.state)) {
                    if (!seen.add(next.state())) {
                        continue;
                    }
                    var reached = new Step(next.state(), withStory ? step : null, withStory ? next.what() : "");
                    if (model.isViolation(next.state())) {
                        return new Found(seen.size, depth + 1, true, story(reached), false);
                    }
                    following.add(reached);
                }
                if (seen.size >= most) {
                    return new Found(seen.size, depth, false, List.of(), false);
                }
            }
            level = following;
            depth++;
        }
        return new Found(seen.size, depth, false, List.of(), true);
    }

    /** Whether two lead when just this happens; a step that cannot happen ends it. */
    static boolean twoLeadIn(LeaseModel model, List<String> story) {
        byte[] state = model.first();
        for (String what : story) {
            LeaseModel.Next next = model.next(state).stream()
                    .filter(n -> n.what().equals(what))
                    .findFirst()
                    .orElse(null);
            if (next == null) {
                return false;
            }
            state = next.state();
        }
        return model.isViolation(state);
    }

    private static List<String> story(Step last) {
        var story = new ArrayList<String>();
        for (Step step = last; step != null && !step.what.isEmpty(); step = step.before) {
            story.add(step.what);
        }
        Collections.reverse(story);
        return story;
    }

    /** A set of 64-bit hashes with open addressing. */
    private static final class Fingerprints {
        private long[] table = new long[1 << 16];
        private int size;

        boolean add(byte[] state) {
            if (size * 2 > table.length) {
                grow();
            }
            boolean isNew = insert(hash(state));
            size += isNew ? 1 : 0;
            return isNew;
        }

        private boolean insert(long hash) {
            int i = (int) (hash & (table.length - 1));
            while (table[i] != 0) {
                if (table[i] == hash) {
                    return false;
                }
                i = (i + 1) & (table.length - 1);
            }
            table[i] = hash;
            return true;
        }

        private void grow() {
            long[] old = table;
            table = new long[old.length * 2];
            Arrays.stream(old).filter(hash -> hash != 0).forEach(this::insert);
        }

        private static long hash(byte[] state) {
            long h = 0x9E3779B97F4A7C15L;
            for (byte b : state) {
                h = (h ^ b) * 0xBF58476D1CE4E5B9L;
                h ^= h >>> 29;
            }
            return h == 0 ? 1 : h;
        }
    }
}
