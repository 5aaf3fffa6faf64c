package io.matriarch.store.zookeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;

/** {@link ZooKeeperClient} over ZooKeeper's library. */
final class LibraryClient implements ZooKeeperClient {

    static {
        LibraryLog.quieten();
    }

    private final Connection connection;

    LibraryClient(ZooKeeperSettings settings, Duration timeout, Watcher states) throws IOException {
        connection = new Connection(settings, timeout, states);
        for (Map.Entry<String, byte[]> auth : settings.auth().entrySet()) {
            connection.addAuthInfo(auth.getKey(), auth.getValue());
        }
    }

    /** The library's class with a way to leave that does not end the session on the server. */
    @SuppressWarnings("try") // its close() is only called by close(Duration), which hands interrupts on
    private static final class Connection extends ZooKeeper {

        Connection(ZooKeeperSettings settings, Duration timeout, Watcher watcher) throws IOException {
            super(settings.connectString(), Math.toIntExact(timeout.toMillis()), watcher, settings.clientConfig());
        }

        void abandon() {
            cnxn.disconnect();
        }
    }

    @Override
    public long sessionId() {
        return connection.getSessionId();
    }

    @Override
    public boolean isAlive() {
        return connection.getState().isAlive();
    }

    @Override
    public Duration grantedTimeout() {
        return Duration.ofMillis(connection.getSessionTimeout());
    }

    @Override
    public void exists(String path, @Nullable Watcher watcher, AsyncCallback.StatCallback answer) {
        if (watcher == null) {
            connection.exists(path, false, answer, null);
        } else {
            connection.exists(path, watcher, answer, null);
        }
    }

    @Override
    public void getData(String path, AsyncCallback.DataCallback answer) {
        connection.getData(path, false, answer, null);
    }

    @Override
    public void getChildren(String path, AsyncCallback.ChildrenCallback answer) {
        connection.getChildren(path, false, answer, null);
    }

    @Override
    public void sync(String path, AsyncCallback.VoidCallback answer) {
        connection.sync(path, answer, null);
    }

    @Override
    public void create(String path, byte[] data, List<ACL> acl, CreateMode mode, AsyncCallback.Create2Callback answer) {
        connection.create(path, data, acl, mode, answer, null);
    }

    @Override
    public void setData(String path, byte[] data, int version, AsyncCallback.StatCallback answer) {
        connection.setData(path, data, version, answer, null);
    }

    @Override
    public void delete(String path, int version, AsyncCallback.VoidCallback answer) {
        connection.delete(path, version, answer, null);
    }

    @Override
    public void multi(List<Op> operations, AsyncCallback.MultiCallback answer) {
        connection.multi(operations, answer, null);
    }

    @Override
    public void closeSocket() throws IOException {
        connection.getTestable().closeSocket();
    }

    @Override
    public void abandon() {
        connection.abandon();
    }

    @Override
    public void close(Duration limit) throws InterruptedException {
        connection.close(Math.toIntExact(limit.toMillis()));
    }
}
