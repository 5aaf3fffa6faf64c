package io.matriarch.postgres;

/** A permanent logical slot as configured. */
public record LogicalSlot(String name, String database, String plugin) {}
