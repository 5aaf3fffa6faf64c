package io.matriarch.simulator.cluster;

import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.simulator.Network;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls the REST APIs of hosts through the world's network. */
public final class SimulatedRestClient implements RestCaller {

    private final World world;
    private final String from;

    /** @param from where the caller sits, an endpoint of the network */
    public SimulatedRestClient(World world, String from) {
        this.world = world;
        this.from = from;
    }

    @Override
    public Pending start(RestCall call) {
        world.countRestCall();
        String name = URI.create(call.url()).getHost();
        if (!world.hasHost(name)) {
            return () -> new RestResult.Failed("no such host: " + name, false);
        }
        long end = world.scheduler().now().plus(call.deadline()).nanos();
        Network.Call<RestResult> answer = world.network()
                .call(
                        from,
                        name,
                        call.method() + " " + call.url(),
                        reply -> world.host(name).request(call, reply));
        return new Underway(answer, end);
    }

    private final class Underway implements Pending {
        private final Network.Call<RestResult> call;
        private final long end;
        private @Nullable RestResult result;

        private Underway(Network.Call<RestResult> call, long end) {
            this.call = call;
            this.end = end;
        }

        @Override
        public RestResult await() {
            return within(Duration.ofNanos(Math.max(left(), 0))).orElseThrow();
        }

        @Override
        public Optional<RestResult> within(Duration limit) {
            if (result == null) {
                result = call.await(Duration.ofNanos(Math.max(Math.min(left(), limit.toNanos()), 0)))
                        .orElse(null);
            }
            if (result == null && left() <= 0) {
                result = new RestResult.Failed("no answer before the deadline", true);
            }
            return Optional.ofNullable(result);
        }

        private long left() {
            return end - world.scheduler().now().nanos();
        }
    }
}
