package io.matriarch.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * What the sockets and virtual threads of the JDK cost without an API: reads a request until its empty line, sends a fixed
 * answer, closes. Prints its port, ends when its input does.
 */
final class BareServer {

    private static final int ANSWER_BYTES = 700; // a status document with one standby

    private BareServer() {}

    public static void main(String[] arguments) throws Exception {
        byte[] answer = ("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + ANSWER_BYTES
                        + "\r\n\r\n" + "x".repeat(ANSWER_BYTES))
                .getBytes(StandardCharsets.US_ASCII);
        try (var server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> accept(server, answer));
            System.out.println(server.getLocalPort());
            System.in.readAllBytes();
        }
    }

    private static void accept(ServerSocket server, byte[] answer) {
        try {
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> serve(client, answer));
            }
        } catch (IOException _) {
            // closed: the end
        }
    }

    private static void serve(Socket client, byte[] answer) {
        try (client) {
            client.setTcpNoDelay(true);
            InputStream in = client.getInputStream();
            byte[] bytes = new byte[1024];
            for (int count = 0; !isComplete(bytes, count); ) {
                int n = in.read(bytes, count, bytes.length - count);
                if (n <= 0) {
                    return;
                }
                count += n;
            }
            client.getOutputStream().write(answer);
        } catch (IOException _) {
            // the client went away
        }
    }

    private static boolean isComplete(byte[] bytes, int count) {
        return count >= 4 && bytes[count - 1] == '\n' && bytes[count - 3] == '\n';
    }
}
