package io.matriarch.ctl.operator;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** For how long the certificates that the configuration names are still valid. */
final class CertificateChecks {

    private static final String AREA = "certificates";

    /** Long enough to get new ones in an ordinary organisation. */
    private static final Duration SOON = Duration.ofDays(30);

    /** Keys that name certificates, by section. */
    private static final Map<String, List<String>> KEYS = Map.of(
            "restapi", List.of("certfile", "cafile"),
            "ctl", List.of("certfile", "cacert"),
            "etcd3", List.of("cert", "cacert"),
            "etcd", List.of("cert", "cacert"),
            "zookeeper", List.of("cert", "cacert"));

    private final JsonObject document;
    private final Instant now;

    CertificateChecks(JsonObject document, Instant now) {
        this.document = document;
        this.now = now;
    }

    List<Finding> run() {
        var places = new LinkedHashMap<String, String>();
        KEYS.forEach((section, keys) -> Json.object(document, section)
                .ifPresent(map -> keys.forEach(key -> Json.string(map, key)
                        .filter(file -> !file.isBlank())
                        .ifPresent(file -> places.putIfAbsent(file, section + "." + key)))));
        var findings = new ArrayList<Finding>();
        places.forEach((file, key) -> findings.add(check(key, Path.of(file))));
        return findings;
    }

    private Finding check(String key, Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Instant end = Instant.MAX;
            Instant begin = Instant.MIN;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                if (certificate instanceof X509Certificate x509) {
                    Instant notAfter = x509.getNotAfter().toInstant();
                    Instant notBefore = x509.getNotBefore().toInstant();
                    end = notAfter.isBefore(end) ? notAfter : end;
                    begin = notBefore.isAfter(begin) ? notBefore : begin;
                }
            }
            return judge(key + " " + file, begin, end);
        } catch (IOException | CertificateException e) {
            return Finding.error(AREA, key + " " + file + " cannot be read: " + e.getMessage(), "correct " + key);
        }
    }

    private Finding judge(String what, Instant begin, Instant end) {
        String remedy = "renew it, then reload the agent (patronictl reload)";
        if (end.equals(Instant.MAX)) {
            return Finding.error(AREA, what + " holds no certificate", "correct the file");
        }
        if (begin.isAfter(now)) {
            return Finding.error(AREA, what + " is not valid before " + begin, "look at the clock of this machine");
        }
        if (!end.isAfter(now)) {
            return Finding.error(AREA, what + " ended on " + end, remedy);
        }
        long days = Duration.between(now, end).toDays();
        return Duration.between(now, end).compareTo(SOON) < 0
                ? Finding.warning(AREA, what + " ends in " + days + " days, on " + end, remedy)
                : Finding.ok(AREA, what + " is valid for " + days + " more days");
    }
}
