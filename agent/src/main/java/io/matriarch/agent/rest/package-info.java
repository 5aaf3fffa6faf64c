/**
 * The REST API (contract rest-api.md). {@link io.matriarch.agent.rest.RestServer} owns sockets and limits, {@code
 * Router} finds the endpoint, and what an answer says is computed from an immutable {@code Picture} of the node by
 * classes without IO: {@code HealthCheck}, {@code StatusDocument}, {@code MetricsText}, {@code SwitchoverChecks},
 * {@code RestartRequest}.
 */
@NullMarked
package io.matriarch.agent.rest;

import org.jspecify.annotations.NullMarked;
