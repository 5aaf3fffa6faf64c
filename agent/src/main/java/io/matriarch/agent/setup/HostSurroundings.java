package io.matriarch.agent.setup;

import io.matriarch.config.Validation;
import io.matriarch.model.config.HostPort;
import io.matriarch.postgres.InstalledServer;
import io.matriarch.store.StoreProvider;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;

/** This host, the network, and what is installed. */
final class HostSurroundings implements Validation.Surroundings {

    /** A host that is up accepts in far less. */
    private static final int CONNECT_LIMIT_MILLIS = 3000;

    private final Map<String, String> environment;

    HostSurroundings(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public boolean isReachable(HostPort address) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_LIMIT_MILLIS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public Optional<String> versionOf(String program) {
        return InstalledServer.versionOf(program);
    }

    @Override
    public Set<String> stores() {
        return ServiceLoader.load(StoreProvider.class).stream()
                .flatMap(provider -> provider.get().sections().stream())
                .collect(Collectors.toSet());
    }

    @Override
    public List<Path> searchPath() {
        return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(Path::of)
                .toList();
    }
}
