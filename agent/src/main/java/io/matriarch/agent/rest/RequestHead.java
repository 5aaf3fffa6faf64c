package io.matriarch.agent.rest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Request line and header fields (RFC 9112), read within limits. Strict where senders and proxies could disagree about
 * where a request ends; what is no request is answered with an error page and the connection is closed.
 */
sealed interface RequestHead {

    /** Request line and fields together; a browser sends about one kB. */
    int LARGEST = 16 << 10;

    /**
     * A request.
     *
     * @param target as sent
     * @param body what follows the head
     */
    record Valid(String method, String target, String version, Headers headers, InputStream body)
            implements RequestHead {

        /** The path in the target, which may be a whole URL. */
        String path() {
            String path = target;
            int scheme = path.indexOf("://");
            if (scheme > 0 && !path.startsWith("/")) {
                int slash = path.indexOf('/', scheme + 3);
                path = slash < 0 ? "/" : path.substring(slash);
            }
            return path.split("[?#]", 2)[0];
        }

        Query query() {
            int mark = target.indexOf('?');
            return Query.parse(mark < 0 ? null : target.substring(mark + 1).split("#", 2)[0]);
        }

        String line() {
            return method + " " + target + " " + version;
        }
    }

    /** @param code of the error page */
    record Malformed(int code, String reason) implements RequestHead {}

    /** The client left, or is not finished, without having asked for anything. */
    record Absent() implements RequestHead {}

    Pattern LINE = Pattern.compile("([!-~]+) ([!-~\\x80-\\xff]+) (HTTP/1\\.[0-9])");
    /** What the name of a field may have beside letters and digits (RFC 9110, 5.6.2). */
    String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

    /** Blocks until the head is complete, cannot become one, or the connection ends. */
    static RequestHead read(InputStream in) throws IOException {
        byte[] bytes = new byte[1024];
        int count = 0;
        int seen = 0;
        while (true) {
            int n = in.read(bytes, count, bytes.length - count);
            if (n < 0) {
                return new Absent();
            }
            count += n;
            int end = endOfHead(bytes, seen, count);
            if (end > 0) {
                var rest = new ByteArrayInputStream(bytes, end, count - end);
                return parse(new String(bytes, 0, end, StandardCharsets.ISO_8859_1), new SequenceInputStream(rest, in));
            }
            seen = Math.max(0, count - 2);
            if (bytes[0] < ' ' && bytes[0] != '\r' && bytes[0] != '\n') {
                return new Malformed(400, "this is not HTTP");
            }
            if (count == LARGEST) {
                return new Malformed(431, "the head of the request has more than " + LARGEST + " bytes");
            }
            if (count == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * count);
            }
        }
    }

    /** The index behind the empty line; 0 when it has not come yet. */
    private static int endOfHead(byte[] bytes, int from, int count) {
        for (int i = from; i < count; i++) {
            if (bytes[i] == '\n') {
                int next = i + 1 < count && bytes[i + 1] == '\r' ? i + 2 : i + 1;
                if (next < count && bytes[next] == '\n' && !isBlank(bytes, i)) {
                    return next + 1;
                }
            }
        }
        return 0;
    }

    /** Empty lines before a request are not its end. */
    private static boolean isBlank(byte[] bytes, int end) {
        for (int i = 0; i < end; i++) {
            if (bytes[i] != '\r' && bytes[i] != '\n') {
                return false;
            }
        }
        return true;
    }

    private static RequestHead parse(String head, InputStream body) {
        List<String> lines =
                new ArrayList<>(head.lines().filter(line -> !line.isEmpty()).toList());
        var line = LINE.matcher(lines.removeFirst());
        if (!line.matches()) {
            return new Malformed(400, "the request line is not one");
        }
        var fields = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        for (String text : lines) {
            int colon = text.indexOf(':');
            if (colon < 1 || !isName(text, colon) || !isValue(text, colon + 1)) {
                return new Malformed(400, "a header field is not one");
            }
            fields.computeIfAbsent(text.substring(0, colon), _ -> new ArrayList<>())
                    .add(text.substring(colon + 1).strip());
        }
        var headers = new Headers(Collections.unmodifiableSortedMap(fields));
        List<String> lengths = headers.all("Content-Length");
        if (lengths.stream().distinct().count() > 1
                || !lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}"))) {
            return new Malformed(400, "the length of the body is not clear");
        }
        return new Valid(line.group(1), line.group(2), line.group(3), headers, body);
    }

    private static boolean isName(String text, int end) {
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!letter && TOKEN_MARKS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /** No control characters but tabs. */
    private static boolean isValue(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < ' ' && c != '\t') || c == 0x7f) {
                return false;
            }
        }
        return true;
    }
}
