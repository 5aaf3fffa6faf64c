package io.matriarch.bench;

import io.matriarch.acceptance.TestCluster;
import io.matriarch.acceptance.TestCluster.Store;
import io.matriarch.acceptance.TestNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Mixed requests to the REST API of one agent for a given time: health checks, documents, bad bodies, pages, streams,
 * clients that say nothing or never end. Prints threads, memory, files and latencies at start and end. Started by
 * {@code bench/soak}.
 */
public final class Soak {

    private static final String HELP = """
        usage: bench/soak [--minutes N] [--rate N] [--crowd N]

        Starts a cluster of one node and sends mixed requests to its REST API. Prints a report in Markdown on standard
        output, its progress on standard error; judges nothing.

          --minutes N    how long (1)
          --rate N       requests a second (200)
          --crowd N      silent connections that are held while health checks are measured afterwards (5000)
        """;

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        """;

    private static final int CLIENTS = 4;
    private static final int CONNECTIONS = 16;
    private static final int MEASURED_CHECKS = 1000;
    private static final Duration THROUGHPUT = Duration.ofSeconds(5);
    private static final int ANSWER_LIMIT_MILLIS = 20_000;

    private static final String CHECK = "GET /primary HTTP/1.1\r\nHost: soak\r\n\r\n";

    /** Requests whose answer is awaited. Health checks come more often than the rest, as in life. */
    private static final List<String> ANSWERED = List.of(
            CHECK,
            CHECK,
            CHECK,
            "OPTIONS /replica HTTP/1.0\r\n\r\n",
            "HEAD /leader HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /replica?lag=1MB&tag_a=b HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /patroni HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /cluster HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /config HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /journal HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /ui/page.js HTTP/1.1\r\nHost: soak\r\n\r\n",
            body("PATCH /config", "{\"loop_wait\": 1}"),
            body("PATCH /config", "{\"loop_wait\": "),
            body("POST /switchover", "{\"leader\": \"nobody\", \"candidate\": \"n7\"}"),
            body("POST /reinitialize", "{\"force\": false}"),
            "BREW /coffee HTTP/1.1\r\nHost: soak\r\n\r\n",
            "GET /primary HTTP/1.1\r\nCookie: " + "c".repeat(20_000) + "\r\n\r\n",
            "nonsense\r\n\r\n");

    /** What is begun and left alone for a while. */
    private static final List<String> LEFT_ALONE = List.of(
            "",
            "GET /pri",
            "GET /events HTTP/1.1\r\nHost: soak\r\n\r\n",
            "PATCH /config HTTP/1.1\r\nHost: soak\r\nContent-Length: 100\r\n\r\n{",
            "GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n");

    private final int minutes;
    private final int rate;
    private final int crowd;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong unanswered = new AtomicLong();

    private Soak(int minutes, int rate, int crowd) {
        this.minutes = minutes;
        this.rate = rate;
        this.crowd = crowd;
    }

    private static String body(String what, String body) {
        return what + " HTTP/1.1\r\nHost: soak\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    public static void main(String[] arguments) throws Exception {
        int minutes = 1;
        int rate = 200;
        int crowd = 5000;
        List<String> words = Arrays.asList(arguments);
        for (int i = 0; i < words.size(); i += 2) {
            int value = i + 1 < words.size() && words.get(i + 1).matches("[0-9]{1,6}")
                    ? Integer.parseInt(words.get(i + 1))
                    : -1;
            switch (value < 0 ? "" : words.get(i)) {
                case "--minutes" -> minutes = value;
                case "--rate" -> rate = Math.max(value, 1);
                case "--crowd" -> crowd = value;
                default -> {
                    System.out.print(HELP);
                    return;
                }
            }
        }
        new Soak(minutes, rate, crowd).run();
    }

    private void run() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 1, DYNAMIC)) {
            TestNode node = cluster.awaitPrimary();
            var report = new StringBuilder();
            Surroundings.describe()
                    .forEach(line -> report.append("- ").append(line).append('\n'));
            report.append("\n"
                            + "| REST API of one agent | Threads | Heap MB | RSS MB | Files | Check p50 ms | p99"
                            + " ms | max ms |\n")
                    .append("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
            checks(node.restPort); // classes are loaded and compiled from here on
            report.append(row("at the start", node));
            soak(node, report);
            report.append(row("at the end", node));
            crowd(node, report);
            report.append("\n%d requests of %d clients, %d of them without an answer.%n"
                    .formatted(requests.get(), CLIENTS, unanswered.get()));
            throughput(node, report);
            System.out.print(report);
        }
    }

    private static String row(String title, TestNode node) throws IOException, InterruptedException {
        Thread.sleep(Duration.ofSeconds(2)); // what was left alone is noticed
        Series latencies = checks(node.restPort);
        String metrics = answer(node.restPort, "GET /metrics HTTP/1.1\r\nHost: soak\r\n\r\n");
        String line = "| %s | %.0f | %.1f | %.1f | %.0f | %.2f | %.2f | %.2f |%n"
                .formatted(
                        title,
                        metric(metrics, "matriarch_threads"),
                        metric(metrics, "matriarch_heap_used_bytes") / 1e6,
                        metric(metrics, "matriarch_resident_bytes") / 1e6,
                        metric(metrics, "matriarch_open_files"),
                        latencies.median(),
                        percentile(latencies, 99),
                        latencies.max());
        System.err.print("bench: " + line);
        return line;
    }

    private static double metric(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name + "{"))
                .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static double percentile(Series series, int percent) {
        return series.values()
                .get(Math.min(
                        series.values().size() * percent / 100, series.values().size() - 1));
    }

    /** Milliseconds of health checks, one after the other, from connect to the end of the answer. */
    private static Series checks(int port) throws IOException {
        var all = new ArrayList<Double>();
        for (int i = 0; i < MEASURED_CHECKS; i++) {
            long begin = System.nanoTime();
            String answer = answer(port, CHECK);
            all.add((System.nanoTime() - begin) / 1e6);
            if (!answer.startsWith("HTTP/1.0 200")) {
                throw new IOException("the health check says " + answer);
            }
        }
        return new Series(all);
    }

    private static Socket open(int port) throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(ANSWER_LIMIT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_LIMIT_MILLIS);
        return socket;
    }

    private static String answer(int port, String request) throws IOException {
        try (Socket socket = open(port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    // ---- the soak

    private void soak(TestNode node, StringBuilder report) throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(minutes).toNanos();
        var clients = new ArrayList<Thread>();
        for (int i = 0; i < CLIENTS; i++) {
            var random = new Random(i);
            clients.add(Thread.ofPlatform().daemon().start(() -> client(node.restPort, random, end)));
        }
        for (int minute = 1; minute < minutes; minute++) {
            Thread.sleep(Duration.ofMinutes(1));
            if (minute % Math.max(minutes / 5, 1) == 0) {
                report.append(row("under load, after " + minute + " minutes", node));
            }
        }
        for (Thread client : clients) {
            client.join();
        }
    }

    private void client(int port, Random random, long end) {
        long pause = Duration.ofSeconds(1).toNanos() * CLIENTS / rate;
        var open = new ArrayList<Socket>();
        while (System.nanoTime() < end) {
            requests.incrementAndGet();
            boolean leave = random.nextInt(10) == 0;
            try {
                if (leave) {
                    Socket socket = open(port);
                    open.add(socket);
                    String begin = LEFT_ALONE.get(random.nextInt(LEFT_ALONE.size()));
                    socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
                } else {
                    answer(port, ANSWERED.get(random.nextInt(ANSWERED.size())));
                }
            } catch (IOException _) {
                unanswered.incrementAndGet();
            }
            while (open.size() > 50) {
                close(open.removeFirst());
            }
            LockSupport.parkNanos(pause);
        }
        open.forEach(Soak::close);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // it is gone either way
        }
    }

    // ---- health checks beside a crowd

    private void crowd(TestNode node, StringBuilder report) throws Exception {
        var sockets = new ArrayList<Socket>();
        try {
            for (int i = 0; i < crowd; i++) {
                Socket socket = open(node.restPort);
                sockets.add(socket);
                if (i % 2 == 0) {
                    socket.getOutputStream().write("GET /primary HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
                }
            }
            report.append(row("beside " + crowd + " silent connections", node));
        } finally {
            sockets.forEach(Soak::close);
        }
    }

    // ---- throughput

    /** Each server has one processor of its own, and the clients have the others. */
    private static void throughput(TestNode node, StringBuilder report) throws Exception {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(
                List.of(System.getProperty("bench.agent-options", "").strip().split(" +")));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), BareServer.class.getName()));
        Process bare = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = bare.inputReader()) {
            int port = Integer.parseInt(out.readLine().strip());
            report.append(
                    ("\n| `GET /primary`, %d connections at a time, server on one core | requests a second | p50 ms"
                                    + " | p99 ms |%n| --- | ---: | ---: | ---: |%n")
                            .formatted(CONNECTIONS));
            useProcessors(
                    "1-" + (Runtime.getRuntime().availableProcessors() - 1),
                    ProcessHandle.current().pid());
            useProcessors("0", bare.pid());
            report.append(throughputRow("sockets and virtual threads of the JDK alone", port));
            useProcessors("0", node.agentPid());
            report.append(throughputRow("the agent", node.restPort));
        } finally {
            bare.destroyForcibly().waitFor();
        }
    }

    private static void useProcessors(String processors, long pid) throws Exception {
        int code = new ProcessBuilder("taskset", "-a", "-c", "-p", processors, Long.toString(pid))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
            System.err.println("bench: server and clients share the processors");
        }
    }

    private static String throughputRow(String name, int port) throws Exception {
        measure(port); // compiled from here on
        Series latencies = measure(port);
        return "| %s | %.0f | %.2f | %.2f |%n"
                .formatted(
                        name,
                        latencies.values().size() / (double) THROUGHPUT.toSeconds(),
                        percentile(latencies, 50),
                        percentile(latencies, 99));
    }

    /** Milliseconds from connect to the last byte. */
    private static Series measure(int port) throws Exception {
        long end = System.nanoTime() + THROUGHPUT.toNanos();
        var all = new ArrayList<Double>();
        var clients = new ArrayList<Thread>();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(Thread.ofPlatform().daemon().start(() -> {
                var own = new ArrayList<Double>();
                while (System.nanoTime() < end) {
                    long begin = System.nanoTime();
                    try {
                        answer(port, CHECK);
                        own.add((System.nanoTime() - begin) / 1e6);
                    } catch (IOException e) {
                        System.err.println("bench: " + e);
                    }
                }
                synchronized (all) {
                    all.addAll(own);
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        return new Series(all);
    }
}
