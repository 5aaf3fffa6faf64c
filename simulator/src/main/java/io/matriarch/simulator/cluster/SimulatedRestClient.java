package io.matriarch.simulator.cluster;

import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestResult;
import io.matriarch.simulator.Network;
import java.net.URI;
import java.time.Duration;

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
        return () -> answer.await(Duration.ofNanos(end - world.scheduler().now().nanos()))
                .orElseGet(() -> new RestResult.Failed("no answer before the deadline", true));
    }
}
