package io.matriarch.bench;

import java.util.Map;
import java.util.TreeMap;

/**
 * What etcd counts about itself (its {@code /metrics}, in the format of Prometheus).
 *
 * @param sums by name, of all that differs only in its labels
 */
record EtcdMetrics(Map<String, Double> sums) {

    EtcdMetrics {
        sums = Map.copyOf(sums);
    }

    static EtcdMetrics parse(String text) {
        var sums = new TreeMap<String, Double>();
        text.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).forEach(line -> {
            int name = line.indexOf('{') < 0 ? line.indexOf(' ') : line.indexOf('{');
            double value = Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
            sums.merge(line.substring(0, name), value, Double::sum);
        });
        return new EtcdMetrics(sums);
    }

    /** An error when etcd does not count this: a table of zeros would look like a result. */
    double of(String name) {
        Double sum = sums.get(name);
        if (sum == null) {
            throw new IllegalStateException("this etcd does not tell " + name);
        }
        return sum;
    }
}
