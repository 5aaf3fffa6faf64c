package io.matriarch.simulator.etcd;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.simulator.Mailbox;
import io.matriarch.simulator.Network;
import io.matriarch.simulator.Scheduler;
import io.matriarch.store.etcd.EtcdTransport;
import io.matriarch.store.etcd.EtcdUnreachable;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Carries the requests of one client program through the world's network to the members. */
public final class EtcdConnection implements EtcdTransport {

    private static final int OK = 200;
    private static final String PREFIX = "/v3/";

    private final Scheduler scheduler;
    private final EtcdCluster cluster;
    private final String client;
    /** Members with an open connection: the next request to them needs no handshake. */
    private final TreeSet<String> open = new TreeSet<>();

    private double lostRequests;
    private double lostAnswers;

    /** @param client where the client program runs, an endpoint of the network */
    public EtcdConnection(Scheduler scheduler, EtcdCluster cluster, String client) {
        this.scheduler = scheduler;
        this.cluster = cluster;
        this.client = client;
    }

    /** Which part of the requests ends with a broken connection before they were read, and which part after that. */
    public void breakConnections(double beforeRequest, double beforeAnswer) {
        lostRequests = beforeRequest;
        lostAnswers = beforeAnswer;
    }

    @Override
    public Answer send(Exchange exchange, Duration connectLimit, Duration limit) throws EtcdUnreachable {
        EtcdMember member = cluster.member(exchange.url().getHost());
        long end = scheduler.now().plus(limit).nanos();
        connect(member, connectLimit);
        boolean requestLost = isDue(lostRequests);
        boolean answerLost = isDue(lostAnswers);
        String path = exchange.url().getPath();
        cluster.traffic().request(exchange.body() == null ? 0 : exchange.body().length());
        Network.Call<Optional<JsonObject>> call = cluster.network.call(client, member.name(), "etcd " + path, reply -> {
            if (!member.isAlive() || requestLost) {
                reply.accept(Optional.empty());
            } else if (exchange.body() == null) {
                reply.accept(Optional.of(EtcdMember.version()));
            } else {
                member.handle(
                        path.substring(PREFIX.length()),
                        Json.parseObject(exchange.body()).orElseThrow(),
                        document -> reply.accept(answerLost ? Optional.empty() : Optional.of(document)));
            }
        });
        Optional<JsonObject> answer = call.await(
                        Duration.ofNanos(end - scheduler.now().nanos()))
                .orElseThrow(() -> failed(member, "no answer within " + limit.toMillis() + " ms", true));
        JsonObject document = answer.orElseThrow(() -> failed(member, "Connection reset", true));
        String text = Json.compact(document);
        cluster.traffic().answer(text.length());
        return new Answer(OK, text);
    }

    @Override
    public InputStream open(Exchange exchange, Duration connectLimit, Duration limit, Duration silence)
            throws EtcdUnreachable {
        EtcdMember member = cluster.member(exchange.url().getHost());
        connect(member, connectLimit);
        var input = new WatchInput(silence);
        JsonObject request = Json.parseObject(String.valueOf(exchange.body())).orElseThrow();
        cluster.network.send(client, member.name(), "etcd watch", () -> {
            if (member.isAlive() && !input.closed) {
                input.watch = member.watch(request, client, input::arrived);
            } else {
                input.arrived(null);
            }
        });
        if (!input.awaitFirst(limit)) {
            throw failed(member, "no answer within " + limit.toMillis() + " ms", true);
        }
        return input;
    }

    private void connect(EtcdMember member, Duration limit) throws EtcdUnreachable {
        if (open.contains(member.name())) {
            return;
        }
        boolean accepted = cluster.network
                .<Boolean>call(client, member.name(), "etcd connect", reply -> reply.accept(member.isAlive()))
                .await(limit)
                .orElseThrow(() -> failed(member, "Connect timed out", false));
        if (!accepted) {
            throw failed(member, "Connection refused", false);
        }
        open.add(member.name());
    }

    private EtcdUnreachable failed(EtcdMember member, String why, boolean mayHaveArrived) {
        open.remove(member.name());
        return new EtcdUnreachable(why, mayHaveArrived);
    }

    private boolean isDue(double part) {
        return part > 0 && cluster.lots.nextDouble() < part;
    }

    @Override
    public <T> T within(Duration limit, Callable<T> task) {
        throw new UnsupportedOperationException("there is no DNS in this world");
    }

    @Override
    public void close() {
        open.clear();
    }

    /** The client's end of a watch. */
    private final class WatchInput extends InputStream {

        private final Duration silence;
        private final Mailbox<Optional<byte[]>> lines = new Mailbox<>(scheduler);
        private EtcdMember.@Nullable Watch watch;
        private byte[] line = {};
        private int position;
        private boolean ended;
        private boolean closed;

        WatchInput(Duration silence) {
            this.silence = silence;
        }

        private void arrived(@Nullable String text) {
            cluster.traffic().notice(text == null ? 0 : text.length());
            lines.put(Optional.ofNullable(text).map(t -> t.getBytes(StandardCharsets.UTF_8)));
        }

        boolean awaitFirst(Duration limit) {
            return next(limit);
        }

        private boolean next(Duration limit) {
            Optional<Optional<byte[]>> message = lines.take(limit);
            message.ifPresent(text -> {
                position = 0;
                line = text.orElse(new byte[0]);
                ended = text.isEmpty();
            });
            return message.isPresent();
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (position == line.length && !ended && !next(silence)) {
                throw new SocketTimeoutException("Read timed out");
            }
            if (position == line.length) {
                return -1;
            }
            int count = Math.min(length, line.length - position);
            System.arraycopy(line, position, buffer, offset, count);
            position += count;
            return count;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                EtcdMember.Watch begun = watch;
                if (begun != null) {
                    begun.close();
                }
            }
        }
    }
}
