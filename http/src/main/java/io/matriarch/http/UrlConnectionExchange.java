package io.matriarch.http;

import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A request over the JDK's HttpURLConnection, the lightest client there is, on a connection of its own. */
final class UrlConnectionExchange implements Exchange {

    /** Status documents have a few kB; the answer of a wrong server must not fill the memory. */
    private static final int LARGEST_ANSWER = 8 << 20;

    static {
        // Otherwise the JDK repeats a POST by itself when the connection breaks, and a restart is done twice.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    private final RestCall call;
    private final HttpURLConnection connection;
    private volatile boolean connected;

    private UrlConnectionExchange(RestCall call, HttpURLConnection connection) {
        this.call = call;
        this.connection = connection;
    }

    /**
     * Prepares a request; nothing is sent yet.
     *
     * @param context null for plain HTTP
     */
    static UrlConnectionExchange open(RestCall call, @Nullable String authorization, @Nullable SSLContext context)
            throws IOException, URISyntaxException {
        if (!(new URI(call.url()).toURL().openConnection(Proxy.NO_PROXY) instanceof HttpURLConnection connection)) {
            throw new IOException("not an HTTP URL: " + call.url());
        }
        if (connection instanceof HttpsURLConnection https && context != null) {
            https.setSSLSocketFactory(context.getSocketFactory());
        }
        connection.setRequestMethod(call.method());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestProperty("Connection", "close");
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        return new UrlConnectionExchange(call, connection);
    }

    @Override
    public RestResult run(long nanos) {
        try {
            int millis = Math.clamp(TimeUnit.NANOSECONDS.toMillis(nanos), 1, Integer.MAX_VALUE);
            connection.setConnectTimeout(Math.clamp(call.connectWithin().toMillis(), 1, millis));
            connection.setReadTimeout(millis);
            byte[] body = call.body() == null ? null : call.body().getBytes(StandardCharsets.UTF_8);
            if (body != null) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/json");
            }
            connection.connect();
            connected = true;
            if (body != null) {
                try (var out = connection.getOutputStream()) {
                    out.write(body);
                }
            }
            return new Answer(connection.getResponseCode(), readBody(), headers());
        } catch (IOException e) {
            return new Failed(describe(e), connected);
        } finally {
            connection.disconnect();
        }
    }

    /**
     * Leaves the stream open, for {@code disconnect()} to close it together with the connection. A stream that is closed
     * before gives its connection back to the JDK's pool, and the next request would find it closed by the server.
     */
    private String readBody() throws IOException {
        InputStream stream =
                connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
        if (stream == null) {
            return "";
        }
        byte[] bytes = stream.readNBytes(LARGEST_ANSWER + 1);
        if (bytes.length > LARGEST_ANSWER) {
            throw new IOException("the answer is longer than " + LARGEST_ANSWER + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Map<String, String> headers() {
        var headers = new HashMap<String, String>();
        connection.getHeaderFields().forEach((name, values) -> {
            if (name != null && !values.isEmpty()) { // null names the status line
                headers.putIfAbsent(name.toLowerCase(Locale.ROOT), values.getFirst());
            }
        });
        return headers;
    }

    @Override
    public boolean mayBeSent() {
        return connected;
    }

    @Override
    public void cut() {
        connection.disconnect();
    }

    static String describe(Exception e) {
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }
}
