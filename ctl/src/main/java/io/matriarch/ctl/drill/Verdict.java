package io.matriarch.ctl.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a cluster did: points for each thing that an operator relies on. It passed when it has all of them. */
record Verdict(List<Item> items) {

    /**
     * One thing.
     *
     * @param points what it is worth
     */
    record Item(boolean passed, int points, String text) {}

    private static final int NOTHING_LOST = 40;
    private static final int WRITES_BACK = 30;
    private static final int WHOLE_AGAIN = 20;
    private static final int ONE_PRIMARY = 10;

    Verdict {
        items = List.copyOf(items);
    }

    /**
     * Judges.
     *
     * @param outage for how long nobody may have been able to write
     * @param recovery until all members had to be back in their places
     */
    static Verdict of(Measurement m, Duration outage, Duration recovery) {
        var items = new ArrayList<Item>();
        items.add(new Item(
                m.lost() == 0,
                NOTHING_LOST,
                m.lost() < 0
                        ? "acknowledged rows could not be counted"
                        : m.lost() + " of " + m.written() + " acknowledged rows were lost"));
        boolean inTime = m.writesBack() && m.outage().compareTo(outage) <= 0;
        items.add(new Item(
                inTime && m.trouble() == null,
                WRITES_BACK,
                m.trouble() != null
                        ? m.trouble()
                        : (m.writesBack() ? "no row was acknowledged for " : "no row was acknowledged any more for ")
                                + seconds(m.outage()) + " (at most " + seconds(outage) + ")"));
        Duration back = m.recovery();
        items.add(new Item(
                back != null && back.compareTo(recovery) <= 0,
                WHOLE_AGAIN,
                back == null
                        ? "not all members came back to their places"
                        : "all members were in place again after " + seconds(back) + " (at most " + seconds(recovery)
                                + ")"));
        items.add(new Item(
                !m.sawTwoPrimaries(),
                ONE_PRIMARY,
                m.sawTwoPrimaries() ? "two members said that they were primary" : "there were never two primaries"));
        return new Verdict(items);
    }

    boolean passed() {
        return items.stream().allMatch(Item::passed);
    }

    int score() {
        return items.stream().filter(Item::passed).mapToInt(Item::points).sum();
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toNanos() / 1e9);
    }
}
