package io.matriarch.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as the openssl program writes them. */
class PemFilesTest {

    @TempDir
    Path directory;

    private void openssl(String command) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("openssl"));
        words.addAll(List.of(command.split(" ")));
        Process process = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException("failed: " + command);
        }
    }

    private PrivateKey key(String file, @Nullable String password) throws TlsException {
        return PemFiles.privateKey(directory.resolve(file), password);
    }

    @ParameterizedTest
    @CsvSource({
        "RSA, genpkey -algorithm RSA -out key",
        "EC, genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key",
        "EdDSA, genpkey -algorithm ED25519 -out key",
        "RSA, genrsa -traditional -out key 2048",
        "EC, ecparam -name secp384r1 -genkey -out key"
    })
    void plainKeysOfEveryForm(String algorithm, String command) throws Exception {
        openssl(command);
        assertEquals(algorithm, key("key", null).getAlgorithm());
    }

    @Test
    void encryptedKeysNeedTheirPassword() throws Exception {
        openssl("genpkey -algorithm RSA -aes-256-cbc -pass pass:s3cret -out key");
        assertEquals("RSA", key("key", "s3cret").getAlgorithm());
        assertTrue(message("key", null).contains("no password for it is configured (keyfile_password)"));
        assertTrue(message("key", "wrong").contains("keyfile_password"));
    }

    @Test
    void theOldEncryptionIsRefusedWithTheRemedy() throws Exception {
        openssl("genrsa -traditional -aes128 -passout pass:s3cret -out key 2048");
        assertTrue(message("key", "s3cret").contains("openssl pkcs8 -topk8"), message("key", "s3cret"));
    }

    @Test
    void certificateAndKeyMayShareAFile() throws Exception {
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=one -keyout key -out crt");
        Path both = directory.resolve("both.pem");
        String certificate = Files.readString(directory.resolve("crt"));
        Files.writeString(both, "some text\n" + certificate + Files.readString(directory.resolve("key")) + certificate);
        TlsIdentity identity = TlsIdentity.load(both.toString(), null, null);
        assertEquals(1, identity.chain().size(), "what does not lead to an authority is left out");
        assertEquals(1, identity.keyManagers().length);
        assertFalse(identity.toString().contains("RSA"), "the key is not printed");
    }

    @Test
    void aKeyOfAnotherCertificateIsNoticed() throws Exception {
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=one -keyout key -out crt");
        openssl("genpkey -algorithm RSA -out other");
        openssl("genpkey -algorithm ED25519 -out different");
        for (String wrong : List.of("other", "different")) {
            String keyfile = directory.resolve(wrong).toString();
            String certfile = directory.resolve("crt").toString();
            var e = assertThrows(TlsException.class, () -> TlsIdentity.load(certfile, keyfile, null));
            assertEquals(
                    "the private key in " + keyfile + " is not that of the certificate in " + certfile,
                    String.valueOf(e.getMessage()));
        }
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        Files.writeString(directory.resolve("empty"), "");
        assertTrue(message("empty", null).endsWith("empty: no PEM private key found"));
        assertTrue(message("absent", null).contains("absent"));
        Files.writeString(
                directory.resolve("bad"), "-----BEGIN PRIVATE KEY-----\nTm90IGEga2V5\n-----END PRIVATE KEY-----\n");
        assertEquals(directory.resolve("bad") + ": private key cannot be read", message("bad", null));
        assertThrows(TlsException.class, () -> PemFiles.certificates(directory.resolve("bad")));
    }

    private String message(String file, @Nullable String password) {
        return String.valueOf(
                assertThrows(TlsException.class, () -> key(file, password)).getMessage());
    }
}
