package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.DynamicConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code bootstrap} section (contract config.md 2.3).
 *
 * @param dcs what is written to the {@code config} key by the node that initialises the cluster
 * @param method {@code initdb} or the name of a sibling section with a command
 * @param initdb options, list or map
 * @param pgHba lines to append after initialisation
 * @param postBootstrap null: none
 * @param section the whole section
 */
public record BootstrapSettings(
        DynamicConfig dcs,
        String method,
        @Nullable JsonElement initdb,
        List<String> pgHba,
        @Nullable String postBootstrap,
        JsonObject section) {}
