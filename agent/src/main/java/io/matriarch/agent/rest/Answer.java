package io.matriarch.agent.rest;

import io.matriarch.model.PublishedVersion;
import io.matriarch.model.config.RestSettings;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;

/**
 * The bytes of an answer (contract rest-api.md 1): HTTP/1.0, where the end of the connection is the end of the answer, as
 * load balancers and old tools know it.
 */
final class Answer {

    private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private static final byte[] NOTHING = {};

    private final StringBuilder head = new StringBuilder(256);

    private Answer(int code) {
        this(code, "");
    }

    private Answer(int code, String method) {
        head.append("HTTP/1.0 ")
                .append(code)
                .append(' ')
                .append(ErrorPages.reason(code, method))
                .append("\r\n");
    }

    static byte[] statusOnly(int code) {
        return new Answer(code).bytes(NOTHING);
    }

    static byte[] errorPage(int code, String method, RestSettings settings, Instant now) {
        byte[] page = ErrorPages.page(code, method).getBytes(StandardCharsets.UTF_8);
        return new Answer(code, method)
                .common(settings, now)
                .field("Content-Type", "text/html;charset=utf-8")
                .length(page)
                .bytes(page);
    }

    static byte[] body(Reply.Body body, RestSettings settings, Instant now) {
        var answer = new Answer(body.code()).common(settings, now);
        body.headers().forEach(answer::field);
        answer.field("Content-Type", body.contentType());
        settings.httpExtraHeaders().forEach(answer::field);
        if (settings.isTls()) {
            settings.httpsExtraHeaders().forEach(answer::field);
        }
        byte[] content = body.content().getBytes(StandardCharsets.UTF_8);
        return answer.length(content).bytes(content);
    }

    static byte[] streamHead(RestSettings settings, Instant now) {
        return new Answer(200)
                .common(settings, now)
                .field("Content-Type", "text/event-stream")
                .field("Cache-Control", "no-store")
                .field("X-Accel-Buffering", "no") // a proxy must not collect frames
                .bytes(NOTHING);
    }

    private Answer common(RestSettings settings, Instant now) {
        return field("Server", serverName(settings)).field("Date", date(now)).field("Connection", "close");
    }

    private Answer length(byte[] content) {
        return field("Content-Length", Integer.toString(content.length));
    }

    private Answer field(String name, String value) {
        head.append(name).append(": ").append(value).append("\r\n");
        return this;
    }

    private byte[] bytes(byte[] content) {
        byte[] before = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(before, before.length + content.length);
        System.arraycopy(content, 0, all, before.length, content.length);
        return all;
    }

    /** As RFC 9110 wants it; the formatter of the JDK has the day with one digit. By hand, as each answer has one. */
    static String date(Instant now) {
        OffsetDateTime t = now.atOffset(ZoneOffset.UTC);
        var text = new StringBuilder(32);
        text.append(DAYS[t.getDayOfWeek().getValue() - 1]).append(", ");
        two(text, t.getDayOfMonth()).append(' ');
        text.append(MONTHS[t.getMonthValue() - 1])
                .append(' ')
                .append(t.getYear())
                .append(' ');
        two(text, t.getHour()).append(':');
        two(text, t.getMinute()).append(':');
        return two(text, t.getSecond()).append(" GMT").toString();
    }

    private static StringBuilder two(StringBuilder text, int number) {
        return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }

    private static String serverName(RestSettings settings) {
        return switch (settings.serverTokens()) {
            case "productonly" -> "Patroni";
            case "minimal" -> "Patroni/" + PublishedVersion.TEXT;
            default -> "Matriarch";
        };
    }
}
