package io.matriarch.http;

/** Certificates, keys or ciphers that cannot be used. The message names the file and what is wrong with it. */
public final class TlsException extends Exception {

    private static final long serialVersionUID = 1L;

    public TlsException(String message) {
        super(message);
    }

    public TlsException(String message, Throwable cause) {
        super(message, cause);
    }
}
