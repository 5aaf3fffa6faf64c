package io.matriarch.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Certificates and private keys in the PEM forms that OpenSSL writes. A file may hold certificates and a key together.
 *
 * <p>Keys: PKCS #8 plain and encrypted (RFC 5958), PKCS #1 (RFC 8017) and SEC 1 (RFC 5915). The last two are wrapped
 * into PKCS #8, the only form that the JDK reads. OpenSSL's own encryption of the old forms ({@code Proc-Type}) is
 * refused with the command that converts it.
 */
public final class PemFiles {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]+(?:-(?!----)[^-]*)*)-----END \\1-----");
    /** No certificate bundle in use is near this; it bounds what a wrong path can make us read. */
    private static final long LARGEST_FILE = 4L << 20;

    private static final String[] KEY_ALGORITHMS = {"RSA", "EC", "EdDSA", "RSASSA-PSS"};
    private static final byte[] RSA_ALGORITHM = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
    private static final byte[] EC_PUBLIC_KEY_OID = HexFormat.of().parseHex("06072a8648ce3d0201");
    private static final byte[] VERSION_0 = {2, 1, 0};

    private PemFiles() {}

    private record Block(String label, String content) {
        byte[] bytes() {
            return Base64.getMimeDecoder().decode(content);
        }
    }

    /** All certificates of the file in their order; at least one. */
    public static List<X509Certificate> certificates(Path file) throws TlsException {
        var result = new ArrayList<X509Certificate>();
        for (Block block : blocks(file)) {
            if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
                try {
                    result.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.bytes())));
                } catch (CertificateException | IllegalArgumentException e) {
                    throw new TlsException(file + ": certificate cannot be read: " + e.getMessage(), e);
                }
            }
        }
        if (result.isEmpty()) {
            throw new TlsException(file + ": no PEM certificate found");
        }
        return result;
    }

    /**
     * The first private key of the file.
     *
     * @param password for an encrypted key; null: none
     */
    public static PrivateKey privateKey(Path file, @Nullable String password) throws TlsException {
        for (Block block : blocks(file)) {
            if (!block.label.endsWith("PRIVATE KEY")) {
                continue;
            }
            if (block.content.contains("Proc-Type")) {
                throw new TlsException(file + ": encrypted in OpenSSL's old form, which is not supported; convert it"
                        + " with: openssl pkcs8 -topk8 -in " + file);
            }
            try {
                return switch (block.label) {
                    case "PRIVATE KEY" -> fromPkcs8(block.bytes());
                    case "ENCRYPTED PRIVATE KEY" -> decrypt(file, block.bytes(), password);
                    case "RSA PRIVATE KEY" -> fromPkcs8(pkcs8(RSA_ALGORITHM, block.bytes()));
                    case "EC PRIVATE KEY" -> fromPkcs8(pkcs8(ecAlgorithm(block.bytes()), block.bytes()));
                    default -> throw new TlsException(file + ": unsupported key type " + block.label);
                };
            } catch (GeneralSecurityException | IOException | RuntimeException e) {
                // The cause is left out of the text: parsers quote their input, which is the key.
                throw new TlsException(file + ": private key cannot be read", e);
            }
        }
        throw new TlsException(file + ": no PEM private key found");
    }

    private static List<Block> blocks(Path file) throws TlsException {
        String text;
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new TlsException(file + ": too large for a PEM file");
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new TlsException(file + ": cannot be read: " + e, e);
        }
        var result = new ArrayList<Block>();
        Matcher m = BLOCK.matcher(text);
        while (m.find()) {
            result.add(new Block(m.group(1), m.group(2)));
        }
        return result;
    }

    private static PrivateKey fromPkcs8(byte[] encoded) throws GeneralSecurityException {
        var spec = new PKCS8EncodedKeySpec(encoded);
        InvalidKeySpecException last = new InvalidKeySpecException("unknown key algorithm");
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                last = e;
            }
        }
        throw last;
    }

    private static PrivateKey decrypt(Path file, byte[] encoded, @Nullable String password)
            throws TlsException, GeneralSecurityException, IOException {
        if (password == null) {
            throw new TlsException(
                    file + ": the private key is encrypted and no password for it is configured (keyfile_password)");
        }
        var info = new EncryptedPrivateKeyInfo(encoded);
        // getAlgName() names only the scheme for PBES2; the parameters print as the full algorithm.
        String algorithm = info.getAlgParameters() == null
                ? info.getAlgName()
                : info.getAlgParameters().toString();
        var key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray()));
        var cipher = Cipher.getInstance(algorithm);
        cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
        byte[] plain;
        try {
            plain = cipher.doFinal(info.getEncryptedData());
        } catch (GeneralSecurityException e) {
            throw new TlsException(
                    file + ": the private key cannot be decrypted: its password is wrong (keyfile_password)", e);
        }
        return fromPkcs8(plain);
    }

    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return der(0x30, VERSION_0, algorithm, der(0x04, key));
    }

    /** The algorithm identifier with the curve, which SEC 1 keeps inside the key: SEQUENCE { INT, OCTETS, [0] OID }. */
    private static byte[] ecAlgorithm(byte[] key) throws IOException {
        int at = contentStart(key, 0);
        at = contentStart(key, at) + contentLength(key, at);
        at = contentStart(key, at) + contentLength(key, at);
        if ((key[at] & 0xFF) != 0xA0) {
            throw new IOException("the key does not name its curve");
        }
        int start = contentStart(key, at);
        byte[] curve = Arrays.copyOfRange(key, start, start + contentLength(key, at));
        return der(0x30, EC_PUBLIC_KEY_OID, curve);
    }

    private static int contentStart(byte[] der, int at) {
        int length = der[at + 1] & 0xFF;
        return at + 2 + (length < 0x80 ? 0 : length & 0x7F);
    }

    private static int contentLength(byte[] der, int at) {
        int length = der[at + 1] & 0xFF;
        if (length < 0x80) {
            return length;
        }
        int result = 0;
        for (int i = 0; i < (length & 0x7F); i++) {
            result = (result << 8) | (der[at + 2 + i] & 0xFF);
        }
        return result;
    }

    private static byte[] der(int tag, byte[]... parts) {
        var content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        int length = content.size();
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (length < 0x80) {
            out.write(length);
        } else if (length < 0x100) {
            out.write(0x81);
            out.write(length);
        } else {
            out.write(0x82);
            out.write(length >> 8);
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
