package io.matriarch.http;

import java.time.Duration;
import java.util.Optional;

/** Calls the REST APIs of members; a port, for a simulated network. Safe for any thread. */
public interface RestCaller {

    /** Sends a request without waiting; {@link Pending#await} gives the result. */
    Pending start(RestCall call);

    /** Sends a request and waits for the end of it, never longer than its deadline. */
    default RestResult send(RestCall call) {
        return start(call).await();
    }

    /** A request under way. */
    interface Pending {

        /** The result; at the request's deadline it is cut off. */
        RestResult await();

        /** The result, if it is there within this time; the request goes on in any case. By default it waits for the end. */
        default Optional<RestResult> within(Duration limit) {
            return Optional.of(await());
        }
    }
}
