/** What a node publishes of itself and what may be asked of it: the face of the cycle towards REST and tools. */
@NullMarked
package io.matriarch.agent.node;

import org.jspecify.annotations.NullMarked;
