/** Which replication slots a node should have, and what to do about those it has (contract replication.md 2). */
@NullMarked
package io.matriarch.engine.slots;

import org.jspecify.annotations.NullMarked;
