package io.matriarch.store.etcd;

import com.google.gson.JsonObject;
import io.matriarch.http.TlsException;
import io.matriarch.http.TlsIdentity;
import io.matriarch.http.TlsTrust;
import io.matriarch.model.Json;
import io.matriarch.store.HostList;
import io.matriarch.store.StoreConfigurationException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The {@code etcd3} section of the configuration (contract config.md 2.6).
 *
 * @param endpoints where to begin, {@code scheme://host:port}; empty only with {@code srv}
 * @param discover whether the members of the etcd cluster replace the endpoints
 * @param srv DNS domain with SRV records; null for none
 * @param tls null when nothing but the defaults of the runtime is wanted
 */
record EtcdSettings(
        List<URI> endpoints,
        boolean discover,
        @Nullable Srv srv,
        @Nullable Login login,
        @Nullable SSLContext tls) {

    /** A domain and the suffix of the service names below it, empty for none. */
    record Srv(String domain, String suffix) {}

    /** Who we are to etcd. */
    record Login(String user, String password) {
        @Override
        public String toString() {
            return "Login[" + user + "]";
        }
    }

    private static final int DEFAULT_PORT = 2379;

    static EtcdSettings parse(JsonObject section) throws StoreConfigurationException {
        String proxy = text(section, "proxy").orElse(null);
        String url = proxy != null ? proxy : text(section, "url").orElse(null);
        String scheme = text(section, "protocol").orElse("http");
        int port = Json.integer(section, "port").orElse((long) DEFAULT_PORT).intValue();

        var endpoints = new ArrayList<URI>();
        Login login = login(
                text(section, "username").orElse(null),
                text(section, "password").orElse(null));
        boolean discover = proxy == null;
        if (url != null) {
            URI parsed = uri(url);
            endpoints.add(endpoint(parsed.getScheme(), parsed.getRawAuthority(), port));
            if (login == null) {
                login = loginOf(parsed);
            }
        } else {
            List<String> hosts = hosts(section);
            discover = hosts.isEmpty() || !Json.bool(section, "use_proxies").orElse(false);
            for (String host : hosts.isEmpty() ? text(section, "host").stream().toList() : hosts) {
                endpoints.add(endpoint(scheme, host, port));
            }
        }
        Srv srv = Stream.of("srv", "discovery_srv", "srv_domain")
                .flatMap(name -> text(section, name).stream())
                .findFirst()
                .map(domain -> new Srv(domain, text(section, "srv_suffix").orElse("")))
                .orElse(null);
        if (endpoints.isEmpty() && srv == null) {
            throw new StoreConfigurationException(
                    "etcd3: one of host, hosts, url, proxy or srv must be set in the configuration");
        }
        return new EtcdSettings(List.copyOf(endpoints), discover, srv, login, tls(section));
    }

    private static @Nullable SSLContext tls(JsonObject section) throws StoreConfigurationException {
        String authorities = text(section, "cacert").orElse(null);
        String certificate = text(section, "cert").orElse(null);
        String key = text(section, "key").orElse(null);
        if (authorities == null && certificate == null) {
            return null;
        }
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(
                    certificate == null
                            ? null
                            : TlsIdentity.load(certificate, key, null).keyManagers(),
                    authorities == null ? null : new TrustManager[] {TlsTrust.authorities(authorities)},
                    null);
            return context;
        } catch (TlsException | GeneralSecurityException e) {
            throw new StoreConfigurationException("etcd3: cacert, cert or key cannot be used: " + e.getMessage(), e);
        }
    }

    private static List<String> hosts(JsonObject section) throws StoreConfigurationException {
        return HostList.read("etcd3.hosts", section.get("hosts"));
    }

    private static URI endpoint(String scheme, String authority, int defaultPort) throws StoreConfigurationException {
        String host = authority.substring(authority.lastIndexOf('@') + 1);
        // An IPv6 address without brackets has several colons and no port.
        if (!host.startsWith("[") && host.indexOf(':') != host.lastIndexOf(':')) {
            host = "[" + host + "]";
        }
        URI parsed = uri(scheme + "://" + host);
        return parsed.getPort() >= 0 ? parsed : uri(scheme + "://" + host + ":" + defaultPort);
    }

    private static URI uri(String text) throws StoreConfigurationException {
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // said below, without the text: it may hold a password
        }
        throw new StoreConfigurationException(
                "etcd3: an address is neither host:port nor http(s)://[user:password@]host:port");
    }

    private static @Nullable Login login(@Nullable String user, @Nullable String password) {
        return user == null || password == null ? null : new Login(user, password);
    }

    private static @Nullable Login loginOf(URI url) {
        String info = url.getUserInfo();
        int colon = info == null ? -1 : info.indexOf(':');
        return info == null || colon < 0 ? null : new Login(info.substring(0, colon), info.substring(colon + 1));
    }

    private static Optional<String> text(JsonObject section, String key) {
        return Json.string(section, key).filter(value -> !value.isEmpty());
    }
}
