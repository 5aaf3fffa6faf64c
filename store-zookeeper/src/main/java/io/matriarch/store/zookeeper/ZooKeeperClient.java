package io.matriarch.store.zookeeper;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.data.ACL;
import org.jspecify.annotations.Nullable;

/**
 * One session as ZooKeeper's own client library offers it: requests that return at once, and answers, watches and changes
 * of the connection on one event thread, in the order in which the server sent them. A port, for a simulated ensemble.
 */
public interface ZooKeeperClient {

    /** Opens sessions. */
    @FunctionalInterface
    interface Factory {

        /** @param states hears of the connection's states; may be called before this returns */
        ZooKeeperClient open(ZooKeeperSettings settings, Duration timeout, Watcher states) throws IOException;
    }

    /** The number that marks our ephemeral nodes; 0 before the first connection. */
    long sessionId();

    /** False when the session is over, also when the client alone has come to believe so. */
    boolean isAlive();

    /** What the servers made of the time-out that was asked for. */
    Duration grantedTimeout();

    /** @param watcher hears of the next creation, change or deletion; null: nobody */
    void exists(String path, @Nullable Watcher watcher, AsyncCallback.StatCallback answer);

    void getData(String path, AsyncCallback.DataCallback answer);

    void getChildren(String path, AsyncCallback.ChildrenCallback answer);

    void sync(String path, AsyncCallback.VoidCallback answer);

    void create(String path, byte[] data, List<ACL> acl, CreateMode mode, AsyncCallback.Create2Callback answer);

    void setData(String path, byte[] data, int version, AsyncCallback.StatCallback answer);

    void delete(String path, int version, AsyncCallback.VoidCallback answer);

    void multi(List<Op> operations, AsyncCallback.MultiCallback answer);

    /** Breaks the connection; the client makes another one, with the same session. */
    void closeSocket() throws IOException;

    /** Leaves without ending the session on the server. */
    void abandon();

    /** Ends the session on the server. */
    void close(Duration limit) throws InterruptedException;
}
