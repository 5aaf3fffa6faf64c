package io.matriarch.model.config;

import org.jspecify.annotations.Nullable;

/**
 * The {@code matriarch.fence} section: {@code matriarch: {fence: {mode: on|off, directory: …}}}.
 *
 * @param enabled on by default; off for those who use a hardware watchdog alone
 * @param directory where the fence's socket lives; null: chosen by the agent
 */
public record FenceSettings(boolean enabled, @Nullable String directory) {}
