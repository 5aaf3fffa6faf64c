package io.matriarch.store.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyException;
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
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one PEM file (RFC 7468). The JDK reads PKCS #8 keys only; the older forms that OpenSSL writes for RSA
 * and EC are wrapped into it here. Keys encrypted in OpenSSL's own way ("Proc-Type") are refused with the remedy.
 */
record PemFile(Path path, List<Block> blocks) {

    /** One block: its label and its content, still in base64. */
    record Block(String label, String base64) {

        byte[] content() {
            return Base64.getMimeDecoder().decode(base64);
        }
    }

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----", Pattern.DOTALL);

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int CURVE_PARAMETERS = 0xA0;

    /** INTEGER 0, the version of a PKCS #8 structure. */
    private static final byte[] VERSION = {0x02, 0x01, 0x00};

    /** AlgorithmIdentifier of rsaEncryption (1.2.840.113549.1.1.1) with NULL parameters. */
    private static final byte[] RSA = {
        0x30, 0x0D, 0x06, 0x09, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00
    };

    /** Object identifier of id-ecPublicKey (1.2.840.10045.2.1). */
    private static final byte[] EC = {0x06, 0x07, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x02, 0x01};

    static PemFile read(Path path) throws IOException, GeneralSecurityException {
        String text = Files.readString(path, StandardCharsets.ISO_8859_1);
        var blocks = new ArrayList<Block>();
        Matcher m = BLOCK.matcher(text);
        while (m.find()) {
            if (m.group(2).contains("Proc-Type")) {
                throw new KeyException(path + ": this form of encrypted key is not supported;"
                        + " convert it with: openssl pkcs8 -topk8");
            }
            var block = new Block(m.group(1), m.group(2));
            try {
                block.content();
            } catch (IllegalArgumentException e) {
                throw new GeneralSecurityException(path + ": a " + m.group(1) + " block is damaged", e);
            }
            blocks.add(block);
        }
        return new PemFile(path, List.copyOf(blocks));
    }

    /** All certificates, in their order; at least one. */
    List<X509Certificate> certificates() throws GeneralSecurityException {
        var certificates = new ArrayList<X509Certificate>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (Block block : blocks) {
            if (block.label().endsWith("CERTIFICATE")) {
                certificates.add(
                        (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.content())));
            }
        }
        if (certificates.isEmpty()) {
            throw new CertificateException(path + ": no certificate in this file");
        }
        return certificates;
    }

    /** The first private key. */
    PrivateKey privateKey(@Nullable String password) throws GeneralSecurityException {
        for (Block block : blocks) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return decode(block.content());
                }
                case "ENCRYPTED PRIVATE KEY" -> {
                    return decode(decrypt(block.content(), password));
                }
                case "RSA PRIVATE KEY" -> {
                    return decode(pkcs8(RSA, block.content()));
                }
                case "EC PRIVATE KEY" -> {
                    return decode(pkcs8(der(SEQUENCE, EC, curveOf(block.content())), block.content()));
                }
                default -> {
                    // a certificate, or the parameters of a curve that the key names itself
                }
            }
        }
        throw new KeyException(path + ": no private key in this file");
    }

    private byte[] decrypt(byte[] content, @Nullable String password) throws GeneralSecurityException {
        if (password == null) {
            throw new KeyException(path + ": the key is encrypted and no password is configured");
        }
        try {
            var info = new EncryptedPrivateKeyInfo(content);
            // PBES2 names its real algorithm only in the parameters.
            String algorithm = info.getAlgName().equals("PBES2") || info.getAlgName().equals("1.2.840.113549.1.5.13")
                    ? info.getAlgParameters().toString()
                    : info.getAlgName();
            var secret = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray()));
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
            return info.getKeySpec(cipher).getEncoded();
        } catch (IOException | GeneralSecurityException e) {
            throw new KeyException(path + ": the key cannot be decrypted; is the password right?", e);
        }
    }

    private PrivateKey decode(byte[] pkcs8) throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                // the next algorithm's turn
            }
        }
        throw new KeyException(path + ": the key is neither RSA nor EC nor Ed25519");
    }

    private static byte[] pkcs8(byte[] algorithm, byte[] key) {
        return der(SEQUENCE, VERSION, algorithm, der(OCTET_STRING, key));
    }

    /** The curve in an ECPrivateKey (RFC 5915): version, key, then {@code [0]} with the curve's identifier. */
    private byte[] curveOf(byte[] key) throws KeyException {
        int at = contentStart(key, 0);
        while (at < key.length) {
            int start = contentStart(key, at);
            int length = contentLength(key, at);
            if ((key[at] & 0xFF) == CURVE_PARAMETERS && start + length <= key.length) {
                return Arrays.copyOfRange(key, start, start + length);
            }
            at = start + length;
        }
        throw new KeyException(path + ": the EC key does not name its curve");
    }

    private static int contentStart(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
    }

    private static int contentLength(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7F); i++) {
            length = (length << 8) | (der[at + 2 + i] & 0xFF);
        }
        return length;
    }

    private static byte[] der(int tag, byte[]... parts) {
        var content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        var out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
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
