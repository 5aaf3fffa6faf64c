package io.matriarch.simulator.etcd;

import io.matriarch.simulator.etcd.EtcdState.Cell;
import java.util.List;
import java.util.Map;

/** What came of a command, the same at every member. */
sealed interface Result {

    record Put() implements Result {}

    record Deleted(int count) implements Result {}

    record Found(List<Map.Entry<String, Cell>> cells) implements Result {}

    record Branch(boolean succeeded, List<Result> results) implements Result {}

    record Granted(long lease, long ttlSeconds) implements Result {}

    record Revoked() implements Result {}

    /** An error of the gateway; nothing was changed. */
    record Failed(int code, String message) implements Result {}
}
