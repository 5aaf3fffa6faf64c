package io.matriarch.agent.rest;

import io.matriarch.http.TlsException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A cipher list in OpenSSL's syntax (openssl-ciphers(1)), as far as lists in configurations go: suite names, the
 * classes {@code ALL DEFAULT HIGH}, parts joined by {@code +}, and the prefixes {@code ! - +}. Suites of TLS 1.3 are
 * always in, as they are in OpenSSL.
 */
final class CipherList {

    private CipherList() {}

    /** The suites of {@code supported} that the list selects, in its order. */
    static String[] select(String list, String[] supported) throws TlsException {
        var chosen = new LinkedHashSet<String>();
        var banned = new LinkedHashSet<String>();
        for (String item : list.split("[:, ]+")) {
            if (item.isEmpty() || item.startsWith("@")) {
                continue; // @STRENGTH, @SECLEVEL: the JDK orders by strength and has its own limits
            }
            char prefix = item.charAt(0);
            boolean plain = Character.isLetterOrDigit(prefix);
            Set<String> matching = matching(plain ? item : item.substring(1), supported);
            switch (prefix) {
                case '!' -> {
                    banned.addAll(matching);
                    chosen.removeAll(matching);
                }
                case '-' -> chosen.removeAll(matching);
                case '+' -> {
                    // Moves suites to the end, which matters to nobody who lists them by name.
                }
                default -> chosen.addAll(matching);
            }
        }
        chosen.removeAll(banned);
        if (chosen.isEmpty()) {
            throw new TlsException("restapi.ciphers: no cipher of \"" + list + "\" is supported");
        }
        var result = new LinkedHashSet<String>();
        for (String suite : supported) {
            if (suite.startsWith("TLS_AES_") || suite.startsWith("TLS_CHACHA20_")) {
                result.add(suite);
            }
        }
        result.addAll(chosen);
        return result.toArray(new String[0]);
    }

    private static Set<String> matching(String item, String[] supported) {
        var result = new LinkedHashSet<String>();
        for (String suite : supported) {
            if (suite.startsWith("TLS_") && !suite.contains("_anon_") && !suite.contains("_NULL_")) {
                if (isClass(item, suite) || openSslName(suite).equals(item) || suite.equals(item)) {
                    result.add(suite);
                }
            }
        }
        return result;
    }

    private static boolean isClass(String item, String suite) {
        return switch (item) {
            case "ALL", "DEFAULT", "HIGH" -> suite.contains("_AES_") || suite.contains("_CHACHA20_");
            default -> {
                List<String> parts = new ArrayList<>(List.of(openSslName(suite).split("-")));
                for (String wanted : item.split("\\+")) {
                    String part = wanted.toUpperCase(Locale.ROOT);
                    if (!parts.contains(part.equals("AESGCM") ? "GCM" : part)
                            && !(part.equals("AES") && suite.contains("_AES_"))
                            && !(part.equals("EECDH") && parts.contains("ECDHE"))
                            && !(part.equals("EDH") && parts.contains("DHE"))
                            && !(part.equals("CHACHA20") && suite.contains("_CHACHA20_"))) {
                        yield false;
                    }
                }
                yield true;
            }
        };
    }

    /** {@code TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256} as {@code ECDHE-RSA-AES128-GCM-SHA256}. */
    private static String openSslName(String suite) {
        return suite.substring("TLS_".length())
                .replace("RSA_WITH_AES", suite.startsWith("TLS_RSA_WITH") ? "AES" : "RSA_WITH_AES")
                .replace("_WITH_", "_")
                .replace("AES_128", "AES128")
                .replace("AES_256", "AES256")
                .replace("_CBC_", "_")
                .replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305")
                .replace('_', '-');
    }
}
