package io.matriarch.store.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.model.Json;
import io.matriarch.store.StoreConfigurationException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedSectionTest {

    @TempDir
    Path dir;

    private static JsonObject json(String text) {
        return Json.parseObject(text).orElseThrow();
    }

    private static String refusal(String text, String name) {
        return assertThrows(
                        StoreConfigurationException.class,
                        () -> EnsembleMember.start(EmbeddedSection.parse(json(text), name))
                                .close())
                .getMessage();
    }

    @Test
    void theNumberOfAMemberDependsOnItsNameAlone() {
        MemberAddress n0 = MemberAddress.parse("n0", "10.0.0.1:2181:2888:3888").orElseThrow();
        assertEquals(MemberAddress.numberOf("n0"), n0.number());
        assertEquals(
                7,
                MemberAddress.parse("n0", "7@10.0.0.1:2181:2888:3888")
                        .orElseThrow()
                        .number());
        assertEquals("10.0.0.1:2888:3888:participant;10.0.0.1:2181", n0.serverLine());
    }

    @Test
    void anIpv6HostIsWrittenInBrackets() {
        MemberAddress address =
                MemberAddress.parse("n0", "[::1]:2181:2888:3888").orElseThrow();
        assertEquals("::1", address.host());
        assertEquals("[::1]:2888:3888:participant;[::1]:2181", address.serverLine());
    }

    @Test
    void anAddressWithoutThreeGoodPortsIsRefused() {
        assertEquals(Optional.empty(), MemberAddress.parse("n0", "10.0.0.1:2181"));
        assertEquals(Optional.empty(), MemberAddress.parse("n0", "10.0.0.1:2181:2888:99999"));
        assertEquals(Optional.empty(), MemberAddress.parse("n0", "255@10.0.0.1:2181:2888:3888"));
        assertTrue(
                refusal("{\"members\":{\"n0\":\"nonsense\"}}", "n0").startsWith("embedded.members.n0: \"nonsense\""));
    }

    @Test
    void whatIsMissingIsNamed() {
        assertTrue(refusal("{}", "n0").startsWith("embedded.members is missing"));
        assertTrue(refusal("{\"members\":{\"n1\":\"127.0.0.1:1:2:3\"}}", "n0")
                .startsWith("embedded.members has no entry for \"n0\""));
        assertTrue(
                refusal("{\"members\":{\"n0\":\"127.0.0.1:1:2:3\"}}", "n0").startsWith("embedded.data_dir is missing"));
        assertTrue(refusal("{\"members\":{\"a\":\"5@h:1:2:3\",\"b\":\"5@h:4:5:6\"}}", "a")
                .contains("same number 5"));
    }

    @Test
    void aPortInUseIsRefusedWithPlaceAndRemedy() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            String message = refusal(
                    "{\"data_dir\":\"" + dir.resolve("a") + "\",\"members\":{\"n0\":\"127.0.0.1:" + port + ":" + port
                            + ":" + port + "\"}}",
                    "n0");
            assertTrue(message.startsWith("embedded.members.n0: cannot listen on 127.0.0.1:" + port), message);
        }
    }

    @Test
    void theDataDirectoryOfAnotherMemberIsRefused() throws Exception {
        Files.writeString(dir.resolve("myid"), "200\n");
        String message = refusal("{\"data_dir\":\"" + dir + "\",\"members\":{\"n0\":\"9@127.0.0.1:1:2:3\"}}", "n0");
        assertTrue(message.contains("belongs to member number 200 and we are number 9"), message);
    }

    @Test
    void thePasswordIsNeverPrinted() throws Exception {
        EmbeddedSection section =
                EmbeddedSection.parse(json("{\"password\":\"hush\",\"members\":{\"n0\":\"h:1:2:3\"}}"), "n0");
        assertFalse((section + " " + section.clientSettings()).contains("hush"));
    }
}
