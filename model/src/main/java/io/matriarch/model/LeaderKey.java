package io.matriarch.model;

/**
 * The leader key.
 *
 * @param name who holds it
 * @param owned whether it carries the session (lease) of the store client that read it
 * @param revision its version
 */
public record LeaderKey(String name, boolean owned, Revision revision) {}
