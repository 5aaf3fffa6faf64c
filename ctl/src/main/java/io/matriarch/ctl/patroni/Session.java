package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.ClusterPath;
import io.matriarch.model.TimeSource;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one call of the tool works with. The configuration is read when it is first needed. */
public final class Session {

    private final Terminal terminal;
    private final CtlSettings.Options options;
    private final Map<String, String> environment;
    private final StoreOpener stores;
    private final TimeSource time;
    private @Nullable CtlSettings settings;
    private @Nullable MemberApi members;

    private Session(
            Terminal terminal,
            CtlSettings.Options options,
            Map<String, String> environment,
            StoreOpener stores,
            TimeSource time) {
        this.terminal = terminal;
        this.options = options;
        this.environment = environment;
        this.stores = stores;
        this.time = time;
    }

    /**
     * A session of this process.
     *
     * @param configFile null: where the environment says, or the user's own file
     * @param dcsUrl null: where the environment or the configuration says
     * @param insecure whether members' certificates go unverified
     */
    public static Session of(
            Terminal terminal, @Nullable String configFile, @Nullable String dcsUrl, boolean insecure) {
        var options = new CtlSettings.Options(configFile, dcsUrl, insecure);
        return with(terminal, options, System.getenv(), new InstalledStores(), TimeSource.system());
    }

    static Session with(
            Terminal terminal,
            CtlSettings.Options options,
            Map<String, String> environment,
            StoreOpener stores,
            TimeSource time) {
        return new Session(terminal, options, environment, stores, time);
    }

    public Terminal terminal() {
        return terminal;
    }

    public TimeSource time() {
        return time;
    }

    public Map<String, String> environment() {
        return environment;
    }

    LocalTimes localTimes() {
        return new LocalTimes(time, ZoneId.systemDefault());
    }

    /** What the configuration says. */
    public CtlSettings settings() throws CommandFailure {
        CtlSettings read = settings;
        if (read == null) {
            read = CtlSettings.read(options, environment);
            settings = read;
        }
        return read;
    }

    /** How members are called. */
    public MemberApi members() throws CommandFailure {
        MemberApi api = members;
        if (api == null) {
            api = new MemberApi(settings());
            members = api;
        }
        return api;
    }

    /**
     * Opens a cluster; nothing is read yet.
     *
     * @param group the Citus group, null for none
     */
    public Cluster open(String name, @Nullable Integer group) throws CommandFailure {
        CtlSettings current = settings();
        String scope = group == null ? name : name + "/" + group;
        return new Cluster(name, group, stores.open(ClusterPath.of(current.namespace(), scope), current.document()));
    }
}
