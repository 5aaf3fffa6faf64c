package io.matriarch.http;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
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
        return new TlsIdentity(
                PemFiles.privateKey(Path.of(keyfile == null ? certfile : keyfile), password),
                PemFiles.certificates(Path.of(certfile)));
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
