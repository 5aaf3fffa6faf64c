package io.matriarch.agent.node;

import com.google.gson.JsonObject;
import java.time.OffsetDateTime;

/**
 * A restart that waits for its time; lost when the agent restarts.
 *
 * @param schedule when
 * @param document {@code schedule} as ISO text and the conditions, in the order of the request
 * @param postmasterStartTime of the server that was running when it was scheduled: after another restart it is dropped
 */
public record ScheduledRestart(OffsetDateTime schedule, JsonObject document, String postmasterStartTime) {}
