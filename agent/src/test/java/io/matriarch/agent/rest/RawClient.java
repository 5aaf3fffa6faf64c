package io.matriarch.agent.rest;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends exactly the bytes it is given and reads until the server closes. */
final class RawClient {

    private static final int LIMIT_MILLIS = 20_000;

    private RawClient() {}

    /** The whole answer, headers and body; empty when the server closed without one. */
    static String send(int port, String request) throws IOException {
        try (Socket socket = open(port)) {
            write(socket, request);
            return readAll(socket);
        }
    }

    /** A request without body. */
    static String request(int port, String method, String path, String... headers) throws IOException {
        return send(port, head(method, path, headers) + "\r\n");
    }

    static String request(int port, String method, String path, String body, String[] headers) throws IOException {
        int length = body.getBytes(StandardCharsets.UTF_8).length;
        return send(port, head(method, path, headers) + "Content-Length: " + length + "\r\n\r\n" + body);
    }

    static String post(int port, String path, String body) throws IOException {
        return request(port, "POST", path, body, new String[0]);
    }

    private static String head(String method, String path, String... headers) {
        var text = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: test\r\n");
        for (String header : headers) {
            text.append(header).append("\r\n");
        }
        return text.toString();
    }

    static Socket open(int port) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(LIMIT_MILLIS);
        return socket;
    }

    static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    static String readAll(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    static int status(String answer) {
        return Integer.parseInt(answer.split(" ", 3)[1]);
    }

    static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    /** "code body". */
    static String brief(String answer) {
        return status(answer) + " " + body(answer);
    }
}
