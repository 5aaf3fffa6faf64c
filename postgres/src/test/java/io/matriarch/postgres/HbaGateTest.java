package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.postgres.HbaGate.Entrance;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which lines let the agent in while clients wait. */
class HbaGateTest {

    private static final Entrance SOCKET = new Entrance("postgres", true, List.of());

    private static List<String> ways(Entrance entrance, String... file) {
        return HbaGate.closed(List.of(file), entrance)
                .map(lines -> lines.subList(1, lines.indexOf("local all all reject")))
                .orElse(List.of());
    }

    private static List<String> overTcp(String address, String... file) {
        return ways(new Entrance("postgres", false, List.of(InetAddress.ofLiteral(address))), file);
    }

    @Test
    void theAgentComesInAsItsLinesSayAndEverybodyElseIsRejectedFirst() {
        var file = List.of(
                "# mine", "local all all peer map=x", "host replication rep 0.0.0.0/0 md5", "host all all all md5");
        List<String> closed = HbaGate.closed(file, SOCKET).orElseThrow();

        assertEquals(
                List.of("local all \"postgres\" peer map=x", "local all all reject", "host all all all reject"),
                closed.subList(1, 4));
        assertEquals(file, closed.subList(5, closed.size()));
        assertTrue(HbaGate.isIn(closed));
        assertFalse(HbaGate.isIn(file));
        assertEquals(file, HbaGate.without(closed));
        assertEquals(file, HbaGate.without(HbaGate.opening(closed)));
        assertTrue(HbaGate.isIn(HbaGate.opening(closed)));
        assertEquals(closed, HbaGate.closed(closed, SOCKET).orElseThrow());
    }

    @Test
    void overTheSocketOnlyLinesForItAndOurUserCount() {
        assertEquals(
                List.of("local app \"postgres\" trust", "local all \"postgres\" ldap ldapbasedn=\"dc=a b\""),
                ways(
                        SOCKET,
                        "local all +admins trust",
                        "local app app,postgres trust",
                        "local all other peer",
                        "host all postgres 127.0.0.1/32 trust",
                        "local   all\t\"postgres\"  ldap ldapbasedn=\"dc=a b\""));
    }

    @Test
    void overTcpItsOwnAddressOnly() {
        assertEquals(
                List.of("host all \"postgres\" 10.0.0.7/32 scram-sha-256"),
                overTcp("10.0.0.7", "host all all 10.0.0.0/24 scram-sha-256", "hostssl all all 10.0.1.0/24 md5"));
        assertEquals(
                List.of("hostssl all \"postgres\" 10.0.0.7/32 md5"),
                overTcp("10.0.0.7", "hostssl all postgres 10.0.0.0 255.255.255.0 md5", "host all all ::/0 md5"));
        assertEquals(
                List.of("host all \"postgres\" 127.0.0.1/32 md5"),
                overTcp("127.0.0.1", "host all all localhost md5", "host all all db.example.org md5"));
        assertEquals(
                List.of("host all \"postgres\" 10.0.0.7/32 md5"), overTcp("10.0.0.7", "host all all samehost md5"));
    }

    @Test
    void withoutAWayInItIsNotClosed() {
        assertEquals(Optional.empty(), HbaGate.closed(List.of("local all +dba peer"), SOCKET));
        assertEquals(Optional.empty(), HbaGate.closed(List.of("host all all 999.1.1.1/8 md5"), SOCKET));
        assertEquals(List.of(), overTcp("10.0.0.7", "host all all 999.1.1.1/8 md5", "local all all peer"));
    }
}
