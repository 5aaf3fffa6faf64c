package io.matriarch.store.etcd;

import java.time.Duration;

/**
 * How a budget is divided among servers (contract dcs-etcd3.md 2.5): an equal share for each of them as long as that is
 * a second, else for fewer; with one or two servers the share allows three or two attempts of at least a second.
 *
 * @param servers how many servers are tried in one round
 * @param share limit of one server's share
 * @param attempt limit of one attempt of a request that is repeated
 */
record AttemptPlan(int servers, Duration share, Duration attempt) {

    private static final Duration LEAST = Duration.ofSeconds(1);

    static AttemptPlan of(Duration budget, int known) {
        int servers = Math.clamp(budget.toSeconds(), 1, Math.max(known, 1));
        Duration share = part(budget, servers);
        int mostAttempts = known <= 1 ? 3 : known == 2 ? 2 : 1;
        int attempts = Math.clamp(share.toSeconds(), 1, mostAttempts);
        return new AttemptPlan(servers, share, part(share, attempts));
    }

    /** {@link Duration#dividedBy(long)} computes with numbers of any size, which costs more than all else here. */
    private static Duration part(Duration whole, int parts) {
        return Duration.ofNanos(whole.toNanos() / parts);
    }

    /** Half of an attempt, but a second at least, unless the attempt itself is shorter. */
    static Duration connectLimit(Duration attempt) {
        Duration half = part(attempt, 2);
        Duration limit = half.compareTo(LEAST) < 0 ? LEAST : half;
        return limit.compareTo(attempt) < 0 ? limit : attempt;
    }
}
