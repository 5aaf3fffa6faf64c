package io.matriarch.store;

import io.matriarch.model.Revision;

/**
 * One key as a store returned it.
 *
 * @param value text of the value
 * @param revision its version
 * @param owned whether it is bound to the session of the client that read it
 */
public record StoredValue(String value, Revision revision, boolean owned) {}
