package io.matriarch.ctl.demo;

import io.matriarch.http.RestClient;
import io.matriarch.model.config.ClientSettings;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code matriarch demo}: brings up a cluster of three, shows it until Ctrl-C, and leaves nothing behind. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Starts three PostgreSQL servers under three agents on this machine and shows how they keep each other"
                    + " alive.",
            "Ctrl-C takes everything down; several demos can run side by side."
        })
public final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--tour",
            description =
                    "Without a person: write rows, kill the primary's node, watch the others take over and the old"
                            + " primary return, check every row. Exit code 0 when all went well, else 1.")
    private boolean tour;

    @Override
    public Integer call() throws InterruptedException {
        try (DemoCluster cluster = DemoCluster.prepare(launchers())) {
            // Ctrl-C and kill end the JVM without returning here.
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "demo-stop"));
            var client = new RestClient(new ClientSettings(null, false, null, null, null, null), false);
            cluster.start();
            return tour ? new Tour(cluster, client).run() : new LiveView(cluster, client).run();
        } catch (DemoException e) {
            System.err.println("demo: " + e.getMessage());
            return 1;
        }
    }

    private static Path launchers() throws DemoException {
        String bin = System.getProperty("matriarch.bin");
        if (bin == null) {
            throw new DemoException("start it with bin/matriarch demo: it needs the launchers beside it");
        }
        return Path.of(bin);
    }
}
