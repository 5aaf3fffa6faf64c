package io.matriarch.store.zookeeper;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.data.ACL;

/**
 * How to reach an ensemble, and how to protect what is written there.
 *
 * @param connectString {@code host:port,…} with an optional path at the end below which everything lives
 * @param acl rights on new nodes
 * @param auth credentials per scheme; not to be printed
 * @param tls empty: plain connections
 * @param longestReportingDelay how long the server that we are connected to may keep a touch of our session to itself
 *     before it tells the ensemble's leader: half a tick, with some reserve
 */
public record ZooKeeperSettings(
        String connectString,
        List<ACL> acl,
        Map<String, byte[]> auth,
        Optional<ClientTls> tls,
        Duration longestReportingDelay) {

    public ZooKeeperSettings {
        new ConnectStringParser(connectString);
        acl = List.copyOf(acl);
        auth = Map.copyOf(auth);
    }

    /**
     * The reporting delay with a given session time-out: the smallest time-out that a server grants is two ticks, so half
     * a tick is never more than a quarter of it.
     */
    Duration reportingDelay(Duration sessionTimeout) {
        Duration quarter = sessionTimeout.dividedBy(4);
        return quarter.compareTo(longestReportingDelay) < 0 ? quarter : longestReportingDelay;
    }

    ZKClientConfig clientConfig() {
        var config = new ZKClientConfig();
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        tls.ifPresent(t -> t.apply(config));
        return config;
    }

    /** Hides the credentials. */
    @Override
    public String toString() {
        return "ZooKeeperSettings[" + connectString + "]";
    }
}
