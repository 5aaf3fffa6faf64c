package io.matriarch.store.zookeeper;

import java.nio.file.Path;
import java.util.Optional;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * TLS towards the servers.
 *
 * @param caFile certificates that we trust; empty: those of the Java runtime
 * @param identityFile certificate chain and private key in one PEM file; empty: no client certificate
 * @param keyPassword of an encrypted private key; empty text for none
 * @param verifyHostname whether the server's certificate must name the host that we connected to
 */
public record ClientTls(
        Optional<Path> caFile, Optional<Path> identityFile, String keyPassword, boolean verifyHostname) {

    void apply(ZKClientConfig config) {
        config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
        config.setProperty(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
        caFile.ifPresent(file -> {
            config.setProperty("zookeeper.ssl.trustStore.location", file.toString());
            config.setProperty("zookeeper.ssl.trustStore.type", "PEM");
        });
        identityFile.ifPresent(file -> {
            config.setProperty("zookeeper.ssl.keyStore.location", file.toString());
            config.setProperty("zookeeper.ssl.keyStore.type", "PEM");
            config.setProperty("zookeeper.ssl.keyStore.password", keyPassword);
        });
        config.setProperty("zookeeper.ssl.hostnameVerification", Boolean.toString(verifyHostname));
    }

    /** Hides the password. */
    @Override
    public String toString() {
        return "ClientTls[" + caFile + ", " + identityFile + "]";
    }
}
