package io.matriarch.http;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Whom one end of a TLS connection believes. */
public final class TlsTrust {

    private TlsTrust() {}

    /** The authorities in a PEM file, nobody else. A self-signed server certificate may stand there itself. */
    public static X509ExtendedTrustManager authorities(String cafile) throws TlsException {
        return from(keyStore(PemFiles.certificates(Path.of(cafile))));
    }

    /** Nobody: every certificate is refused. */
    public static X509ExtendedTrustManager nobody() {
        return new Nobody();
    }

    /** The authorities that the JDK trusts. */
    public static X509ExtendedTrustManager jdkDefault() throws TlsException {
        return from(null);
    }

    /** Checks the chain, not whether it was made for the host that was called. */
    public static X509ExtendedTrustManager ignoringHostName(X509TrustManager chainCheck) {
        return new ChainOnly(chainCheck);
    }

    /** Checks nothing. */
    public static X509ExtendedTrustManager anybody() {
        return new Anybody();
    }

    private static X509ExtendedTrustManager from(@Nullable KeyStore authorities) throws TlsException {
        try {
            var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(authorities);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager found) {
                    return found;
                }
            }
        } catch (GeneralSecurityException e) {
            throw new TlsException("authorities cannot be used: " + e.getMessage(), e);
        }
        throw new TlsException("this JDK has no X.509 trust manager");
    }

    private static KeyStore keyStore(List<X509Certificate> certificates) throws TlsException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < certificates.size(); i++) {
                store.setCertificateEntry("ca" + i, certificates.get(i));
            }
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsException("authorities cannot be used: " + e.getMessage(), e);
        }
    }

    /** Both directions, with or without socket, end in one check of the chain. */
    private abstract static class SingleCheck extends X509ExtendedTrustManager {

        abstract void check(X509Certificate[] chain, String authType, boolean client) throws CertificateException;

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain, authType, true);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            check(chain, authType, true);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            check(chain, authType, true);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            check(chain, authType, false);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            check(chain, authType, false);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            check(chain, authType, false);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static final class Anybody extends SingleCheck {
        @Override
        void check(X509Certificate[] chain, String authType, boolean client) {
            // Everything is accepted: that is what "insecure" asks for.
        }
    }

    private static final class Nobody extends SingleCheck {
        @Override
        void check(X509Certificate[] chain, String authType, boolean client) throws CertificateException {
            throw new CertificateException("no authority is trusted: there is no cafile");
        }
    }

    private static final class ChainOnly extends SingleCheck {
        private final X509TrustManager chainCheck;

        ChainOnly(X509TrustManager chainCheck) {
            this.chainCheck = chainCheck;
        }

        @Override
        void check(X509Certificate[] chain, String authType, boolean client) throws CertificateException {
            if (client) {
                chainCheck.checkClientTrusted(chain, authType);
            } else {
                chainCheck.checkServerTrusted(chain, authType);
            }
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return chainCheck.getAcceptedIssuers();
        }
    }
}
