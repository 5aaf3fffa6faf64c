package io.matriarch.postgres;

import com.google.gson.JsonParser;
import io.matriarch.model.TimeSource;
import java.nio.file.Path;
import java.util.List;

/** A process that clones so slowly that it can be killed meanwhile; see {@link ReplicaCreatorTest}. */
final class KilledAgent {

    private KilledAgent() {}

    /**
     * @param args the test's directory, the port of the source
     */
    public static void main(String[] args) throws Exception {
        var replica = new TestNode("n2", Path.of(args[0]));
        replica.configure(
                replica.settings.section(),
                List.of("basebackup"),
                JsonParser.parseString("{\"checkpoint\": \"fast\", \"max-rate\": \"32k\"}"),
                replica.settings.binDir());
        var creator = new ReplicaCreator(
                "demo",
                () -> replica.settings,
                replica.programs(),
                replica,
                replica.remover(),
                replica.journal(),
                TimeSource.system());
        var source = new Upstream("n1", "127.0.0.1", Integer.parseInt(args[1]), null, null, true, null);
        creator.create(new CloneSource(source, false), new Cancellation());
    }
}
