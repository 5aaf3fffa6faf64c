package io.matriarch.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class EtcdMetricsTest {

    private static final EtcdMetrics METRICS = EtcdMetrics.parse("""
        # HELP grpc_server_handled_total Total number of RPCs completed on the server.
        # TYPE grpc_server_handled_total counter
        grpc_server_handled_total{grpc_code="OK",grpc_method="Put",grpc_type="unary"} 333
        grpc_server_handled_total{grpc_code="Canceled",grpc_method="Watch",grpc_type="bidi_stream"} 128
        etcd_mvcc_db_total_size_in_bytes 1.6384e+05
        """);

    @Test
    void addsWhatDiffersInItsLabelsOnly() {
        assertEquals(461, METRICS.of("grpc_server_handled_total"));
        assertEquals(163_840, METRICS.of("etcd_mvcc_db_total_size_in_bytes"));
    }

    @Test
    void whatEtcdDoesNotTellIsNotZero() {
        assertThrows(IllegalStateException.class, () -> METRICS.of("etcd_mvcc_put_total"));
    }
}
