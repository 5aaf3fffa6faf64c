package io.matriarch.store.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Key and trust material from PEM files. Errors name the file, never its content or the password. */
public final class PemTls {

    private PemTls() {}

    /**
     * A context for a client or a server.
     *
     * @param authorities certificates to trust; null: those that the Java runtime trusts
     * @param certificate our certificate, followed by its chain; null: none
     * @param key our private key; null: it stands in the certificate's file
     * @param keyPassword of an encrypted key, null for none
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file does not hold what it should
     */
    public static SSLContext context(
            @Nullable Path authorities, @Nullable Path certificate, @Nullable Path key, @Nullable String keyPassword)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(
                certificate == null ? null : keyManagers(certificate, key == null ? certificate : key, keyPassword),
                authorities == null ? null : trustManagers(authorities),
                null);
        return context;
    }

    /** Who we are: a certificate with its chain and the key to it. */
    public static KeyManager[] keyManagers(Path certificate, Path key, @Nullable String keyPassword)
            throws IOException, GeneralSecurityException {
        List<X509Certificate> chain = PemFile.read(certificate).certificates();
        PrivateKey privateKey = PemFile.read(key).privateKey(keyPassword);
        // The store lives in memory only; its password protects nothing but must be the same twice.
        char[] password = new char[0];
        KeyStore store = emptyStore();
        store.setKeyEntry("own", privateKey, password, chain.toArray(X509Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    /** Whom we trust: every certificate of the file. */
    public static TrustManager[] trustManagers(Path authorities) throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        int n = 0;
        for (X509Certificate authority : PemFile.read(authorities).certificates()) {
            store.setCertificateEntry("ca" + n++, authority);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }
}
