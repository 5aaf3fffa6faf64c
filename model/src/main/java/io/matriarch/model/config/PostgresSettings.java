package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The effective {@code postgresql} section: dynamic and local configuration composed (contract config.md 1.2, 2.8).
 *
 * @param listenAddresses value for {@code listen_addresses}
 * @param connectAddress what is published; null: the local address
 * @param binDir empty: search {@code PATH}
 * @param binNames other names for programs, by program
 * @param parameters ordinary and controlled parameters, effective, in order; not role dependent
 * @param pgHba null: not managed
 * @param section the whole effective section, for what has no field of its own (role overrides, methods)
 */
public record PostgresSettings(
        String listenAddresses,
        int port,
        @Nullable HostPort connectAddress,
        @Nullable HostPort proxyAddress,
        String database,
        Path dataDir,
        Path configDir,
        String configBaseName,
        String binDir,
        Map<String, String> binNames,
        Path pgpass,
        Credentials superuser,
        Credentials replication,
        Credentials rewind,
        Map<String, String> parameters,
        @Nullable List<String> pgHba,
        @Nullable List<String> pgIdent,
        JsonObject recoveryConf,
        @Nullable String customConf,
        boolean useSlots,
        boolean usePgRewind,
        @Nullable JsonElement rewindOptions,
        boolean removeDataDirectoryOnRewindFailure,
        boolean removeDataDirectoryOnDivergedTimelines,
        List<String> createReplicaMethods,
        @Nullable JsonElement basebackup,
        Map<String, String> callbacks,
        @Nullable String prePromote,
        @Nullable String beforeStop,
        Duration pgCtlTimeout,
        boolean useUnixSocket,
        boolean useUnixSocketRepl,
        JsonObject section) {}
