package io.matriarch.postgres;

/** A parameter whose new value needs a restart; both values in human units, for instance {@code 128MB}. */
public record PendingRestart(String parameter, String oldValue, String newValue) {}
