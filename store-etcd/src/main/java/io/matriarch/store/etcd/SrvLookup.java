package io.matriarch.store.etcd;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/**
 * Finds endpoints through DNS (contract dcs-etcd3.md 2.5): the first service name with SRV records wins. Names with
 * {@code -server} point at peers, which are asked for the members' client URLs.
 */
final class SrvLookup {

    private static final List<String> SERVICES =
            List.of("_etcd-client-ssl", "_etcd-client", "_etcd-ssl", "_etcd", "_etcd-server-ssl", "_etcd-server");

    private final EtcdTransport transport;

    SrvLookup(EtcdTransport transport) {
        this.transport = transport;
    }

    /** The endpoints that DNS names; empty when it names none or does not answer within the limit. */
    List<URI> find(EtcdSettings.Srv srv, Duration limit) throws EtcdUnreachable {
        for (String service : SERVICES) {
            List<URI> targets = transport.within(limit, () -> query(service, srv, limit));
            if (!targets.isEmpty()) {
                List<URI> found = service.contains("-server") ? clientsOf(targets, limit) : targets;
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        return List.of();
    }

    // The provider for DNS hands out texts only and decodes no objects; Hashtable is what JNDI asks for.
    @SuppressWarnings({"BanJNDI", "JdkObsolete"})
    private static List<URI> query(String service, EtcdSettings.Srv srv, Duration limit) throws NamingException {
        String scheme = service.endsWith("-ssl") ? "https" : "http";
        String suffix = srv.suffix().isEmpty() ? "" : "-" + srv.suffix();
        var environment = new Hashtable<String, String>();
        environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
        environment.put("java.naming.provider.url", "dns:");
        environment.put("com.sun.jndi.dns.timeout.initial", Long.toString(Math.max(limit.toMillis() / 4, 100)));
        environment.put("com.sun.jndi.dns.timeout.retries", "1");
        var dns = new InitialDirContext(environment);
        try {
            Attribute records = dns.getAttributes(service + suffix + "._tcp." + srv.domain(), new String[] {"SRV"})
                    .get("SRV");
            var targets = new ArrayList<URI>();
            for (int i = 0; records != null && i < records.size(); i++) {
                targets.add(target(scheme, records.get(i).toString()));
            }
            Collections.shuffle(targets);
            return targets;
        } catch (NamingException e) {
            return List.of();
        } finally {
            dns.close();
        }
    }

    /** A record reads {@code priority weight port host.}. */
    static URI target(String scheme, String record) {
        String[] fields = record.split(" ");
        String host = fields[3].endsWith(".") ? fields[3].substring(0, fields[3].length() - 1) : fields[3];
        return URI.create(scheme + "://" + host + ":" + fields[2]);
    }

    private List<URI> clientsOf(List<URI> peers, Duration limit) throws EtcdUnreachable {
        for (URI peer : peers) {
            var exchange = new EtcdTransport.Exchange(URI.create(peer + "/members"), null, null);
            EtcdTransport.Answer answer = transport.send(exchange, limit, limit);
            if (Json.parse(answer.body()).orElse(null) instanceof JsonArray members) {
                return clientUrls(members);
            }
        }
        return List.of();
    }

    /** All client URLs of a list of members. */
    static List<URI> clientUrls(JsonArray members) {
        var urls = new ArrayList<URI>();
        for (JsonElement member : members) {
            if (member instanceof JsonObject m && m.get("clientURLs") instanceof JsonArray all) {
                for (JsonElement url : all) {
                    String text = url.getAsString();
                    urls.add(URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text));
                }
            }
        }
        return urls;
    }
}
