package io.matriarch.store.etcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.matriarch.model.ClusterPath;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Threads;
import io.matriarch.model.TimeSource;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers and events that cross each other on their way from a server that does what the test tells it. */
class WatchedCopyTest {

    private static final String LEADER = "/service/batman/leader";
    private static final URI SERVER = URI.create("http://etcd:2379");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** What each read of all keys is answered, and what happens before. */
    private record Read(Runnable before, String answer) {}

    private final ArrayDeque<Read> reads = new ArrayDeque<>();
    private final Semaphore events = new Semaphore(0);
    private final Semaphore watching = new Semaphore(0);
    private volatile PipedOutputStream stream = new PipedOutputStream();

    private final EtcdTransport transport = new EtcdTransport() {
        @Override
        public Answer send(Exchange exchange, Duration connectLimit, Duration limit) {
            if (exchange.body() == null) {
                return new Answer(200, "{\"etcdserver\":\"3.5.0\",\"etcdcluster\":\"3.5.0\"}");
            }
            Read read = reads.remove();
            read.before().run();
            return new Answer(200, read.answer());
        }

        @Override
        public InputStream open(Exchange exchange, Duration connectLimit, Duration limit, Duration silence)
                throws EtcdUnreachable {
            try {
                var out = new PipedOutputStream();
                var in = new PipedInputStream(out, 1 << 16);
                stream = out;
                watching.release();
                return in;
            } catch (java.io.IOException e) {
                throw new EtcdUnreachable("pipe", false, e);
            }
        }

        @Override
        public <T> T within(Duration limit, Callable<T> task) throws EtcdUnreachable {
            try {
                return task.call();
            } catch (Exception e) {
                throw new EtcdUnreachable("test", false, e);
            }
        }

        @Override
        public void close() {}
    };

    private final EtcdClient client = new EtcdClient(
            new EtcdSettings(List.of(SERVER), false, null, null, null),
            transport,
            Sections.TIMING,
            TimeSource.system(),
            new Random(1));
    private final WatchedCopy copy = new WatchedCopy(
            client, ClusterPath.of("service", "batman"), "n1", Sections.TIMING, Threads.system(), () -> 0L);

    @AfterEach
    void close() throws Exception {
        copy.close();
        stream.close();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String header(long revision) {
        return "\"header\":{\"cluster_id\":\"7\",\"member_id\":\"1\",\"revision\":\"" + revision
                + "\",\"raft_term\":\"2\"}";
    }

    private static String keyValue(String key, String value, long revision) {
        return "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\",\"mod_revision\":\"" + revision
                + "\",\"version\":\"1\"}";
    }

    private static String all(long revision, String... keyValues) {
        return "{" + header(revision) + ",\"kvs\":[" + String.join(",", keyValues) + "]}";
    }

    /** Sends an event and waits until the copy has it. */
    private void event(String type, String keyValue, long revision) {
        try {
            stream.write(("{\"result\":{" + header(revision) + ",\"events\":[{\"type\":\"" + type + "\",\"kv\":"
                            + keyValue + "}]}}\n")
                    .getBytes(StandardCharsets.UTF_8));
            stream.flush();
            assertTrue(events.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS), "the event arrives");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private ClusterView load() throws Exception {
        return copy.load(TimeSource.system().now().plus(LIMIT));
    }

    private void startWith(String answer) throws Exception {
        copy.onEvent(_ -> events.release());
        copy.start();
        reads.add(new Read(() -> {}, answer));
        load();
        assertTrue(watching.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS), "the watch begins");
    }

    @Test
    void aKeyThatWentWhileAllWereReadDoesNotComeBack() throws Exception {
        startWith(all(10, keyValue(LEADER, "n2", 5)));
        copy.writing("leader");
        copy.notWritten("leader");
        // The answer was given before the key went, and arrives after the event that tells so.
        reads.add(new Read(
                () -> event("DELETE", "{\"key\":\"" + base64(LEADER) + "\",\"mod_revision\":\"12\"}", 12),
                all(11, keyValue(LEADER, "n2", 5))));
        reads.add(new Read(() -> {}, all(12)));

        assertTrue(load().isUnlocked());
        assertTrue(reads.isEmpty(), "all was read again");
    }

    @Test
    void aServerThatCatchesUpWhileAnEventArrivesHidesNothing() throws Exception {
        startWith(all(10, keyValue(LEADER, "n2", 5)));
        copy.writing("leader");
        copy.notWritten("leader");
        Runnable next = () -> event("PUT", keyValue(LEADER, "n3", 11), 11);
        reads.add(new Read(next, all(9, keyValue(LEADER, "n2", 5))));
        Runnable nextButOne = () -> event("PUT", keyValue(LEADER, "n4", 13), 13);
        reads.add(new Read(nextButOne, all(12, keyValue(LEADER, "n3", 11))));
        reads.add(new Read(() -> {}, all(13, keyValue(LEADER, "n4", 13))));

        assertEquals("n4", load().leaderName());
    }

    @Test
    void aRestoredStoreIsBelievedAlthoughItsRevisionsBeginAnew() throws Exception {
        startWith(all(1000, keyValue(LEADER, "n2", 900)));
        copy.writing("leader");
        copy.notWritten("leader");
        reads.add(new Read(() -> {}, all(20, keyValue(LEADER, "n3", 15))));
        reads.add(new Read(() -> {}, all(20, keyValue(LEADER, "n3", 15))));

        assertEquals("n3", load().leaderName());
    }

    /** What else is in the store was written by then, or removed; the watch has not said so yet. */
    @Test
    void whatIsReadUnderTheLockIsNotOlderThanTheLock() throws Exception {
        startWith(all(20, keyValue("/service/batman/initialize", "7", 5)));
        event("PUT", keyValue("/service/batman/members/n2", "{}", 21), 21);
        copy.wrote("leader", "n1", 30, 0);

        reads.add(new Read(() -> {}, all(25, keyValue("/service/batman/initialize", "7", 5))));
        reads.add(new Read(() -> {}, all(30, keyValue("/service/batman/leader", "n1", 30))));
        assertNull(load().initialize());
        assertTrue(reads.isEmpty());
        assertEquals("n1", load().leaderName());
    }

    @Test
    void aDoubtThatCameWhileAllWereReadStays() throws Exception {
        startWith(all(10, keyValue(LEADER, "n2", 5)));
        copy.writing("leader");
        copy.notWritten("leader");
        reads.add(new Read(
                () -> {
                    copy.writing("sync");
                    copy.notWritten("sync");
                },
                all(10, keyValue(LEADER, "n2", 5))));
        load();
        reads.add(new Read(() -> {}, all(11, keyValue(LEADER, "n3", 11))));
        assertEquals("n3", load().leaderName());
    }

    @Test
    void anEventOfAnUnknownShapeEndsTheBeliefInTheCopy() throws Exception {
        startWith(all(10, keyValue(LEADER, "n2", 5)));
        // One read before the next watch begins, and one for whoever asks before that has answered.
        reads.add(new Read(() -> {}, all(11, keyValue(LEADER, "n3", 11))));
        reads.add(new Read(() -> {}, all(11, keyValue(LEADER, "n3", 11))));
        stream.write(("{\"result\":{" + header(11) + ",\"events\":[1]}}\n").getBytes(StandardCharsets.UTF_8));
        stream.flush();

        assertTrue(watching.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS), "the watch begins again");
        assertEquals("n3", load().leaderName());
    }
}
