/**
 * One node: the cycle that observes, asks the engine and acts; what it publishes ({@link
 * io.matriarch.agent.node.NodeStatus}) and what may be asked of it ({@link io.matriarch.agent.node.NodeControl}).
 */
@NullMarked
package io.matriarch.agent;

import org.jspecify.annotations.NullMarked;
