package io.matriarch.store.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys and certificates in the forms that openssl writes. */
class PemTlsTest {

    @TempDir
    Path directory;

    @Test
    void keysOfAllCommonFormsAreRead() throws Exception {
        openssl("genpkey -algorithm RSA -out rsa8");
        openssl("pkey -in rsa8 -traditional -out rsa1");
        openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out ec8");
        openssl("pkey -in ec8 -traditional -out ec1");
        openssl("genpkey -algorithm ED25519 -out ed");
        openssl("ecparam -name secp384r1 -genkey -out ec-with-parameters");

        assertEquals("RSA", key("rsa8").getAlgorithm());
        assertEquals(key("rsa8"), key("rsa1"));
        assertEquals("EC", key("ec8").getAlgorithm());
        assertEquals(((ECPrivateKey) key("ec8")).getS(), ((ECPrivateKey) key("ec1")).getS());
        assertEquals("EdDSA", key("ed").getAlgorithm());
        assertEquals("EC", key("ec-with-parameters").getAlgorithm());
    }

    @Test
    void anEncryptedKeyNeedsItsPassword() throws Exception {
        openssl("genpkey -algorithm RSA -out plain");
        openssl("pkcs8 -topk8 -in plain -passout pass:geheim -out locked");
        PemFile locked = PemFile.read(directory.resolve("locked"));

        assertEquals(key("plain"), locked.privateKey("geheim"));
        assertThrows(GeneralSecurityException.class, () -> locked.privateKey(null));
        var wrong = assertThrows(GeneralSecurityException.class, () -> locked.privateKey("falsch"));
        assertFalse(String.valueOf(wrong.getMessage()).contains("falsch"));
        assertTrue(String.valueOf(wrong.getMessage()).contains("locked"));
    }

    @Test
    void certificateAndKeyMayShareAFile() throws Exception {
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=a -keyout key -out crt");
        Path both = Files.writeString(
                directory.resolve("both"),
                Files.readString(directory.resolve("crt")) + Files.readString(directory.resolve("key")));
        assertNotNull(PemTls.context(directory.resolve("crt"), both, null, null));
    }

    @Test
    void aFileWithoutWhatIsAskedForIsNamed() throws Exception {
        Path empty = Files.writeString(directory.resolve("empty"), "nothing\n");
        var failure = assertThrows(GeneralSecurityException.class, () -> PemTls.trustManagers(empty));
        assertTrue(String.valueOf(failure.getMessage()).contains("empty"));
        assertThrows(GeneralSecurityException.class, () -> PemFile.read(empty).privateKey(null));
    }

    private PrivateKey key(String file) throws Exception {
        return PemFile.read(directory.resolve(file)).privateKey(null);
    }

    private void openssl(String arguments) throws Exception {
        Process process = new ProcessBuilder(Stream.concat(Stream.of("openssl"), Arrays.stream(arguments.split(" ")))
                        .toList())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("openssl.log").toFile())
                .start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "openssl hangs");
        assertEquals(0, process.exitValue(), Files.readString(directory.resolve("openssl.log")));
    }
}
