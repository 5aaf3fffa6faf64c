package io.matriarch.store.etcd;

/** A definite error from etcd: the request was not carried out. */
final class EtcdRefused extends Exception {

    /** gRPC status codes that matter here. */
    static final int INVALID_ARGUMENT = 3;

    static final int DEADLINE_EXCEEDED = 4;
    static final int NOT_FOUND = 5;
    static final int PERMISSION_DENIED = 7;
    static final int FAILED_PRECONDITION = 9;
    static final int UNAVAILABLE = 14;
    static final int UNAUTHENTICATED = 16;

    private static final long serialVersionUID = 1L;

    private final int code;
    private final boolean hopeless;

    EtcdRefused(int code, String message) {
        this(code, message, false);
    }

    private EtcdRefused(int code, String message, boolean hopeless) {
        super(message);
        this.code = code;
        this.hopeless = hopeless;
    }

    static EtcdRefused unusable(String message) {
        return new EtcdRefused(UNAUTHENTICATED, message, true);
    }

    /** Whether repeating is of no use: credentials are missing or wrong, or the server is too old. */
    boolean hopeless() {
        return hopeless;
    }

    boolean isLeaseNotFound() {
        return code == NOT_FOUND && text().contains("lease not found");
    }

    /** Whether a fresh token may help (contract dcs-etcd3.md 2.6). */
    boolean asksForAuthentication() {
        return code == UNAUTHENTICATED
                || code == PERMISSION_DENIED
                || text().contains("user name is empty")
                || text().contains("invalid auth token")
                || text().contains("revision of auth store is old");
    }

    /** Whether it says "not now" rather than "no": such an answer counts as none (contract dcs-etcd3.md 2.5). */
    boolean isPassing() {
        return code == UNAVAILABLE
                || code == DEADLINE_EXCEEDED
                || (code == FAILED_PRECONDITION && !isAuthenticationOff())
                || text().contains("not a primary lessor");
    }

    boolean isAuthenticationOff() {
        return text().contains("authentication is not enabled");
    }

    private String text() {
        String message = getMessage();
        return message == null ? "" : message;
    }
}
