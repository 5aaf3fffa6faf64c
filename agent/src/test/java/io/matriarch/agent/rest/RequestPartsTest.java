package io.matriarch.agent.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.matriarch.http.TlsException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queries, networks, cipher lists. */
class RequestPartsTest {

    @Test
    void theFirstOfSeveralValuesCountsAndAnEmptyOneIsNone() {
        Query query = Query.parse("a=1&a=2&b=&c=x+y%2Fz&d&=e&f=50%");
        assertEquals(Optional.of("1"), query.get("a"));
        assertEquals(Optional.empty(), query.get("b"));
        assertEquals(Optional.of("x y/z"), query.get("c"));
        assertEquals(Optional.empty(), query.get("d"));
        assertEquals(Optional.of("50%"), query.get("f"));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.0.0.1, 10.0.0.1, true",
        "10.0.0.1, 10.0.0.2, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "10.0.0.128/25, 10.0.0.127, false",
        "fd00::/8, fd12::1, true",
        "::1, ::1, true",
        "10.0.0.0/8, ::ffff:10.1.1.1, true"
    })
    void networksContainAddresses(String network, String address, boolean expected) {
        assertEquals(expected, Network.parse(network).orElseThrow().contains(InetAddress.ofLiteral(address)));
    }

    @ParameterizedTest
    @CsvSource({"host.example", "10.0.0.0/33", "10.0.0.0/x", "10.0.0/8", "'/8'"})
    void whatIsNoNetworkIsNotRead(String text) {
        assertEquals(Optional.empty(), Network.parse(text));
    }

    private static final String[] SUPPORTED = {
        "TLS_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256"
    };

    @ParameterizedTest
    @CsvSource({
        "ECDHE-RSA-AES256-GCM-SHA384, 1",
        "ECDHE-RSA-CHACHA20-POLY1305, 2",
        "AES128-GCM-SHA256, 4",
        "ECDHE-RSA-AES128-SHA, 3",
        "ECDHE+AESGCM, 1",
        "HIGH:!SHA:!CHACHA20:!aNULL, '1,4'"
    })
    void cipherListsInOpenSslSyntax(String list, String indexes) throws TlsException {
        var expected = new ArrayList<>(List.of(SUPPORTED[0]));
        for (String index : indexes.split(",")) {
            expected.add(SUPPORTED[Integer.parseInt(index)]);
        }
        assertEquals(expected, List.of(CipherList.select(list, SUPPORTED)));
    }

    @Test
    void aListThatSelectsNothingIsAnError() {
        assertThrows(TlsException.class, () -> CipherList.select("RC4-MD5", SUPPORTED));
    }
}
