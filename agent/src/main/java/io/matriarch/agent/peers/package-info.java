/** Asking the other members over their REST APIs. */
@NullMarked
package io.matriarch.agent.peers;

import org.jspecify.annotations.NullMarked;
