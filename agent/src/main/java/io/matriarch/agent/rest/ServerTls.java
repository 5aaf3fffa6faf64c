package io.matriarch.agent.rest;

import io.matriarch.http.TlsException;
import io.matriarch.http.TlsIdentity;
import io.matriarch.http.TlsTrust;
import io.matriarch.model.config.RestSettings;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of TLS, read from files.
 *
 * @param asClient trusts everybody, and shows the same certificate where clients must have one: for requests to itself
 */
record ServerTls(SSLContext context, SSLParameters parameters, SSLContext asClient) {

    /** Null for plain HTTP. */
    static @Nullable ServerTls load(RestSettings settings) throws TlsException {
        if (settings.certfile() == null) {
            return null;
        }
        var identity = TlsIdentity.load(settings.certfile(), settings.keyfile(), settings.keyfilePassword());
        // Without a cafile nobody's certificate is good (contract rest-api.md 6).
        var trust = settings.cafile() == null ? TlsTrust.nobody() : TlsTrust.authorities(settings.cafile());
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(identity.keyManagers(), new TrustManager[] {trust}, null);
            var asClient = SSLContext.getInstance("TLS");
            boolean mustShowOne = settings.verifyClient() == RestSettings.VerifyClient.REQUIRED;
            asClient.init(mustShowOne ? identity.keyManagers() : null, new TrustManager[] {TlsTrust.anybody()}, null);
            return new ServerTls(context, parameters(context, settings), asClient);
        } catch (GeneralSecurityException e) {
            throw new TlsException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static SSLParameters parameters(SSLContext context, RestSettings settings) throws TlsException {
        SSLParameters parameters = context.getDefaultSSLParameters();
        switch (settings.verifyClient()) {
            case NONE -> parameters.setWantClientAuth(false);
            case OPTIONAL -> parameters.setWantClientAuth(true);
            case REQUIRED -> parameters.setNeedClientAuth(true);
        }
        if (settings.ciphers() != null) {
            parameters.setCipherSuites(CipherList.select(
                    settings.ciphers(), context.getSupportedSSLParameters().getCipherSuites()));
        }
        return parameters;
    }
}
