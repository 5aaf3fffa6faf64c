package io.matriarch.store.etcd;

import java.util.Arrays;

/** Which path the JSON gateway of an etcd version has (contract dcs-etcd3.md 2). */
final class GatewayVersion {

    /** The path before 3.3, where the gateway knows no authentication. */
    static final String OLDEST = "/v3alpha";

    private static final int[] LOWEST = {3, 0, 4};

    private GatewayVersion() {}

    static String prefix(String version) throws EtcdRefused {
        int[] numbers = numbers(version);
        if (Arrays.compare(numbers, LOWEST) < 0) {
            throw EtcdRefused.unusable("Detected Etcd version " + version + " is lower than 3.0.4");
        }
        if (Arrays.compare(numbers, new int[] {3, 3}) < 0) {
            return OLDEST;
        }
        return Arrays.compare(numbers, new int[] {3, 4}) < 0 ? "/v3beta" : "/v3";
    }

    /** The leading numbers; {@code 3.5.0-rc.1} gives 3, 5, 0. */
    private static int[] numbers(String version) {
        return Arrays.stream(version.split("[^0-9.]", 2)[0].split("\\."))
                .filter(part -> !part.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
    }
}
