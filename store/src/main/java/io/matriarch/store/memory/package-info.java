/**
 * The twin of a consensus store in memory: {@link io.matriarch.store.memory.MemoryServer} holds the keys and leases of
 * one cluster, {@link io.matriarch.store.memory.MemoryStore} is one client of it whose connection can be made to fail.
 * No threads and no clock of its own: the same calls give the same answers.
 */
@NullMarked
package io.matriarch.store.memory;

import org.jspecify.annotations.NullMarked;
