/**
 * The member-granted lease: a primary that the store does not answer leads on while enough members promise not to follow
 * it, and nobody leads after it without the votes of so many that one of them would have to break its promise (decision
 * 0016). Begin with {@link io.matriarch.engine.lease.Quorums}.
 */
@NullMarked
package io.matriarch.engine.lease;

import org.jspecify.annotations.NullMarked;
