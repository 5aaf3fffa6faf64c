package io.matriarch.store.embedded;

import com.google.gson.JsonObject;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.Json;
import io.matriarch.model.TimeSource;
import io.matriarch.model.Timing;
import io.matriarch.store.AgentStore;
import io.matriarch.store.StoreContext;
import io.matriarch.store.WriteOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Main program of a member in a JVM of its own: an agent that keeps the leader key when it gets it, or a witness. Ends
 * when its standard input does, so that no process outlives a test that died.
 */
final class MemberProcess {

    static final ClusterPath PATH = ClusterPath.of("service", "embedded");
    static final Timing TIMING = new Timing(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofSeconds(3));

    private MemberProcess() {}

    public static void main(String[] args) throws Exception {
        JsonObject section =
                Json.parseObject(Files.readString(Path.of(args[1]))).orElseThrow();
        Thread.ofPlatform().daemon().start(MemberProcess::endWithInput);
        if (args[0].equals("witness")) {
            Witness.run(section, args[2]);
            return;
        }
        var context = new StoreContext(PATH, args[2], section, TIMING, TimeSource.system());
        AgentStore store = new EmbeddedStoreProvider().openForAgent(context);
        while (true) {
            WriteOutcome member = store.publishMember("{\"state\":\"running\"}");
            WriteOutcome leader = store.acquireLeader();
            System.out.println(member + " " + leader);
            Thread.sleep(200);
        }
    }

    private static void endWithInput() {
        try {
            while (System.in.read() >= 0) {
                // nothing is ever said
            }
        } catch (java.io.IOException e) {
            // the same as its end
        }
        Runtime.getRuntime().halt(0);
    }
}
