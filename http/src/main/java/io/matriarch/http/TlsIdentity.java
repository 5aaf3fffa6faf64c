package io.matriarch.http;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * What one end of a TLS connection proves itself with.
 *
 * @param chain the own certificate first
 */
public record TlsIdentity(PrivateKey key, List<X509Certificate> chain) {

    public TlsIdentity {
        chain = List.copyOf(chain);
    }

    /**
     * Reads it from PEM files.
     *
     * @param keyfile null: the key stands in {@code certfile}
     * @param password of an encrypted key
     */
    public static TlsIdentity load(String certfile, @Nullable String keyfile, @Nullable String password)
            throws TlsException {
        String keyPlace = keyfile == null ? certfile : keyfile;
        PrivateKey key = PemFiles.privateKey(Path.of(keyPlace), password);
        List<X509Certificate> chain = chain(PemFiles.certificates(Path.of(certfile)));
        if (!fit(key, chain.getFirst())) {
            throw new TlsException("the private key in " + keyPlace + " is not that of the certificate in " + certfile);
        }
        return new TlsIdentity(key, chain);
    }

    /** The first certificate and those of the file that lead from it to an authority; files hold more, in any order. */
    private static List<X509Certificate> chain(List<X509Certificate> certificates) {
        var chain = new ArrayList<>(List.of(certificates.getFirst()));
        while (true) {
            X509Certificate last = chain.getLast();
            Optional<X509Certificate> issuer = certificates.stream()
                    .filter(c -> c.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
                    .filter(c -> !chain.contains(c))
                    .findFirst();
            if (issuer.isEmpty()) {
                return chain;
            }
            chain.add(issuer.get());
        }
    }

    /** Whether the certificate confirms what the key signs; where they do not fit every handshake would fail. */
    private static boolean fit(PrivateKey key, X509Certificate certificate) throws TlsException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] sample = {1, 2, 3};
        try {
            var signer = Signature.getInstance(algorithm);
            signer.initSign(key);
            signer.update(sample);
            byte[] signature = signer.sign();
            signer.initVerify(certificate.getPublicKey());
            signer.update(sample);
            return signer.verify(signature);
        } catch (InvalidKeyException | SignatureException _) {
            return false;
        } catch (NoSuchAlgorithmException e) {
            throw new TlsException("keys of the type " + key.getAlgorithm() + " are not supported", e);
        }
    }

    /** Key managers that present this identity and nothing else. */
    public KeyManager[] keyManagers() throws TlsException {
        try {
            // A key store in memory wants a password for its entries; it protects nothing here.
            char[] none = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, none);
            store.setKeyEntry("identity", key, none, chain.toArray(new X509Certificate[0]));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, none);
            return factory.getKeyManagers();
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsException("certificate and key do not fit together: " + e.getMessage(), e);
        }
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "TlsIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
    }
}
