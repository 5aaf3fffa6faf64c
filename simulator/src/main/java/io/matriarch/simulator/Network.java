package io.matriarch.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Messages between endpoints (hosts, members of a store), with the habits of TCP: what is lost is sent again, so loss is
 * delay; what is cut off for long never arrives; what is cut off for a moment arrives late, maybe after the sender gave
 * up. Each direction of each pair has its own latency, loss and cut.
 */
public final class Network {

    /** Times between one attempt and the next, as Linux does it; after the last one the connection is given up. */
    private static final List<Duration> RETRANSMISSIONS = List.of(
            Duration.ofMillis(200),
            Duration.ofMillis(400),
            Duration.ofMillis(800),
            Duration.ofMillis(1600),
            Duration.ofMillis(3200),
            Duration.ofMillis(6400));

    private record Link(String from, String to) {}

    /** Bounds of what one message takes. */
    private record Latency(Duration least, Duration most) {}

    private final Scheduler scheduler;
    private final RandomGenerator lots;
    private final Set<Link> cut = new HashSet<>();
    private final Set<String> down = new HashSet<>();
    private final Map<Link, Latency> latencies = new HashMap<>();
    private final Map<Link, Double> losses = new HashMap<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private Latency usual = new Latency(Duration.ofNanos(100_000), Duration.ofMillis(2));
    private double usualLoss;

    public Network(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.lots = scheduler.random("network");
    }

    // ---- its state

    /** What a message takes where nothing else is said. */
    public void latency(Duration least, Duration most) {
        usual = new Latency(least, most);
    }

    public void latency(String from, String to, Duration least, Duration most) {
        latencies.put(new Link(from, to), new Latency(least, most));
        changed(from + " -> " + to + ": latency " + least + " to " + most);
    }

    /** Which part of the messages must be sent again, where nothing else is said. */
    public void loss(double part) {
        usualLoss = part;
    }

    public void loss(String from, String to, double part) {
        losses.put(new Link(from, to), part);
        changed(from + " -> " + to + ": loss " + part);
    }

    /** Nothing goes this way any more; the other direction is not touched. */
    public void cut(String from, String to) {
        if (cut.add(new Link(from, to))) {
            changed(from + " -> " + to + ": cut");
        }
    }

    public void heal(String from, String to) {
        if (cut.remove(new Link(from, to))) {
            changed(from + " -> " + to + ": healed");
        }
    }

    /** Both directions. */
    public void part(String a, String b) {
        cut(a, b);
        cut(b, a);
    }

    /** Both directions. */
    public void join(String a, String b) {
        heal(a, b);
        heal(b, a);
    }

    /** Every cut, latency and loss of single links is over. */
    public void healAll() {
        cut.clear();
        latencies.clear();
        losses.clear();
        changed("all links healed");
    }

    /** Whether an endpoint is without power, frozen or unplugged: nothing leaves it, nothing arrives, nothing is answered. */
    public void down(String endpoint, boolean isDown) {
        if (isDown ? down.add(endpoint) : down.remove(endpoint)) {
            changed(endpoint + (isDown ? ": down" : ": up"));
        }
    }

    /** Whether a message that is sent now arrives. */
    public boolean reaches(String from, String to) {
        return (from.equals(to) || !cut.contains(new Link(from, to))) && !down.contains(from) && !down.contains(to);
    }

    /** Whether both can talk. */
    public boolean connects(String a, String b) {
        return reaches(a, b) && reaches(b, a);
    }

    /** Told after each change of cuts and endpoints. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    private void changed(String what) {
        scheduler.note("network", what);
        listeners.forEach(Runnable::run);
    }

    // ---- messages

    /** How long the next message takes. */
    public Duration delay(String from, String to) {
        if (from.equals(to)) {
            return Duration.ofNanos(20_000);
        }
        Latency latency = latencies.getOrDefault(new Link(from, to), usual);
        long spread = latency.most().minus(latency.least()).toNanos();
        return latency.least().plusNanos(spread <= 0 ? 0 : lots.nextLong(spread));
    }

    /** How long a packet takes that leaves now; empty: it is lost. For those who send again themselves. */
    public Optional<Duration> packet(String from, String to) {
        return reaches(from, to) && !isLost(from, to) ? Optional.of(delay(from, to)) : Optional.empty();
    }

    /** Sends one message; whether and when it arrives is open. */
    public void send(String from, String to, String what, Runnable arrival) {
        attempt(from, to, what, arrival, 0);
    }

    private void attempt(String from, String to, String what, Runnable arrival, int number) {
        if (!reaches(from, to) || isLost(from, to)) {
            if (number < RETRANSMISSIONS.size()) {
                scheduler.after(RETRANSMISSIONS.get(number), what, () -> attempt(from, to, what, arrival, number + 1));
            }
            return;
        }
        scheduler.after(delay(from, to), what, () -> {
            if (reaches(from, to)) {
                arrival.run();
            } else {
                attempt(from, to, what, arrival, number);
            }
        });
    }

    private boolean isLost(String from, String to) {
        double part = from.equals(to) ? 0 : losses.getOrDefault(new Link(from, to), usualLoss);
        return part > 0 && lots.nextDouble() < part;
    }

    /**
     * Sends a request; {@link Call#await} waits for the answer.
     *
     * @param service what the other side does when the request arrives: at some time, or never, it answers
     */
    public <T> Call<T> call(String from, String to, String what, Consumer<Consumer<T>> service) {
        var call = new Call<T>(new Mailbox<>(scheduler));
        send(from, to, what, () -> service.accept(answer -> send(to, from, what, () -> call.answers.put(answer))));
        return call;
    }

    /** A request under way. */
    public static final class Call<T> {
        private final Mailbox<T> answers;

        private Call(Mailbox<T> answers) {
            this.answers = answers;
        }

        /** The answer; empty when there is none in time. The calling fiber waits. */
        public Optional<T> await(Duration limit) {
            return answers.take(limit);
        }
    }

    /** A connection whose messages arrive in their order, in one direction. */
    public Stream stream(String from, String to, String what) {
        return new Stream(from, to, what);
    }

    /** The sending end of a connection. */
    public final class Stream {
        private final String from;
        private final String to;
        private final String what;
        private final List<Runnable> queue = new ArrayList<>();
        private boolean underWay;
        private boolean closed;
        private int failures;

        private Stream(String from, String to, String what) {
            this.from = from;
            this.to = to;
            this.what = what;
        }

        public void send(Runnable arrival) {
            if (!closed) {
                queue.add(arrival);
                pump();
            }
        }

        /** What is under way does not arrive any more. */
        public void close() {
            closed = true;
            queue.clear();
        }

        private void pump() {
            if (underWay || queue.isEmpty()) {
                return;
            }
            underWay = true;
            if (reaches(from, to) && !isLost(from, to)) {
                int count = queue.size();
                scheduler.after(delay(from, to), what, () -> arrive(count));
            } else if (failures < RETRANSMISSIONS.size()) {
                scheduler.after(RETRANSMISSIONS.get(failures++), what, this::again);
            } else {
                close();
            }
        }

        private void again() {
            underWay = false;
            pump();
        }

        private void arrive(int count) {
            underWay = false;
            if (reaches(from, to)) {
                failures = 0;
                List<Runnable> arrived = List.copyOf(queue.subList(0, Math.min(count, queue.size())));
                queue.subList(0, arrived.size()).clear();
                arrived.forEach(Runnable::run);
            }
            pump();
        }
    }
}
