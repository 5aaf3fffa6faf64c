package io.matriarch.ctl.operator;

import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.load.Endpoint;
import io.matriarch.ctl.load.Sessions;
import io.matriarch.ctl.patroni.MemberLogin;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.model.ClusterView;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.config.ConfigurationException;
import io.matriarch.model.config.LocalConfig;
import io.matriarch.model.config.PostgresSettings;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the running PostgreSQL of this node says, asked over SQL as the superuser of the configuration. */
final class ServerChecks {

    private static final String SERVER = "server";
    private static final String SLOTS = "slots";
    private static final long GIBIBYTE = 1L << 30;

    /** PostgreSQL refuses writes some millions before two billions; autovacuum should act at 200 millions. */
    private static final long OLD_TRANSACTION = 1_000_000_000L;

    private static final long TOO_OLD_TRANSACTION = 1_500_000_000L;

    private final ServerFacts facts;
    private final String name;
    private final ClusterView view;
    private final boolean usesRewind;
    private final List<Finding> findings = new ArrayList<>();

    private ServerChecks(ServerFacts facts, String name, ClusterView view, boolean usesRewind) {
        this.facts = facts;
        this.name = name;
        this.view = view;
        this.usesRewind = usesRewind;
    }

    /** Asks the server; nothing when the configuration is not one of a node. */
    static List<Finding> run(Session session, @Nullable ClusterView view) throws CommandFailure {
        var document = session.settings().document();
        ClusterView known = view == null ? ClusterView.EMPTY : view;
        DynamicConfig dynamic = known.dynamicConfig();
        if (!document.has("postgresql") || !document.has("restapi")) {
            return List.of();
        }
        try {
            LocalConfig local = LocalConfig.parse(document);
            PostgresSettings postgres = local.postgres(dynamic);
            MemberLogin login = Superuser.login(session, dynamic, null, postgres.database());
            var sessions = new Sessions(login.identity(), login.databaseName(), Sessions.Limits.NETWORK);
            var server = new Endpoint(local.name(), host(postgres.listenAddresses()), postgres.port());
            return judge(ServerFacts.ask(sessions, server), local.name(), known, postgres.usePgRewind());
        } catch (ConfigurationException _) {
            return List.of(); // NodeChecks says what is wrong with it
        } catch (SQLException e) {
            return List.of(Finding.warning(
                    SERVER,
                    "PostgreSQL of this node could not be asked: " + e.getMessage(),
                    "look whether it runs, and whether pg_hba.conf lets its superuser in over TCP from this host"));
        }
    }

    /** Where a process of this host reaches it. */
    private static String host(String listenAddresses) {
        String first = listenAddresses.split(",", -1)[0].strip();
        return switch (first) {
            case "*", "0.0.0.0", "" -> "127.0.0.1";
            case "::" -> "::1";
            default -> first;
        };
    }

    static List<Finding> judge(ServerFacts facts, String name, ClusterView view, boolean usesRewind) {
        var checks = new ServerChecks(facts, name, view, usesRewind);
        checks.running();
        checks.rewind();
        checks.slots();
        checks.settings();
        checks.archive();
        checks.transactions();
        checks.synchronousStandbys();
        return checks.findings;
    }

    private void running() {
        String role = facts.inRecovery() ? "a standby" : "a primary";
        findings.add(Finding.ok(
                SERVER,
                "PostgreSQL " + facts.version() / 10_000 + "." + facts.version() % 10_000 + " answers, as " + role));
        if (facts.inRecovery() == view.isLeader(name) && !view.dynamicConfig().isStandbyCluster()) {
            findings.add(Finding.warning(
                    SERVER,
                    "it is " + role + ", but the store says that "
                            + (view.leaderName() == null ? "nobody" : view.leaderName()) + " leads",
                    "when this lasts: matriarch explain tells what its agent decided"));
        }
    }

    /** What was set may be something else than what runs (contract ha-loop.md 12.1). */
    private void rewind() {
        if (!usesRewind) {
            return;
        }
        findings.add(
                facts.checksums() || facts.hints()
                        ? Finding.ok(SERVER, "the running server writes what pg_rewind needs")
                        : Finding.error(
                                SERVER,
                                "the running server has neither checksums nor wal_log_hints: pg_rewind cannot work",
                                "patronictl edit-config -p wal_log_hints=on, then patronictl restart all members"));
    }

    private void slots() {
        boolean fine = true;
        for (ServerFacts.Slot slot : facts.slots()) {
            String held = slot.heldBytes() / (1 << 20) + " MiB";
            String remedy = "bring back who reads it, or drop it; max_slot_wal_keep_size bounds what slots may keep";
            if (slot.walStatus().equals("lost")) {
                fine = false;
                findings.add(Finding.error(
                        SLOTS,
                        slot.name() + " has lost WAL that it needed: who reads it cannot go on",
                        "a replica: patronictl reinit; another reader: make slot and reader anew"));
            } else if (slot.walStatus().equals("unreserved")) {
                fine = false;
                findings.add(Finding.error(SLOTS, slot.name() + " is about to lose WAL that it needs", remedy));
            } else if (!slot.active() && slot.heldBytes() > GIBIBYTE) {
                fine = false;
                findings.add(
                        Finding.warning(SLOTS, slot.name() + " is not read, and keeps " + held + " of WAL", remedy));
            } else if (slot.heldBytes() > 10 * GIBIBYTE) {
                fine = false;
                findings.add(Finding.warning(
                        SLOTS, slot.name() + " is " + held + " behind", "look at who reads it: it is too slow"));
            }
        }
        if (fine) {
            findings.add(Finding.ok(SLOTS, "none of " + facts.slots().size() + " slots on this node keeps much WAL"));
        }
    }

    private void settings() {
        if (facts.pendingRestart().isEmpty()) {
            findings.add(Finding.ok(SERVER, "no parameter waits for a restart"));
        } else {
            findings.add(Finding.notice(
                    SERVER,
                    "wait for a restart: " + String.join(", ", facts.pendingRestart()),
                    "patronictl restart --pending"));
        }
    }

    private void archive() {
        if (!facts.failedArchive().isEmpty()) {
            findings.add(Finding.error(
                    "archive",
                    facts.failedArchive() + " could not be archived: WAL piles up, and backups end before it",
                    "look at PostgreSQL's log for what archive_command says"));
        }
    }

    private void transactions() {
        String text = "the oldest transaction is " + facts.oldestTransaction() / 1_000_000 + " millions old";
        String remedy = "look for long transactions, abandoned slots and prepared transactions, then VACUUM FREEZE;"
                + " at two thousand millions PostgreSQL stops accepting writes";
        findings.add(
                facts.oldestTransaction() > TOO_OLD_TRANSACTION
                        ? Finding.error(SERVER, text, remedy)
                        : facts.oldestTransaction() > OLD_TRANSACTION
                                ? Finding.warning(SERVER, text, remedy)
                                : Finding.ok(SERVER, text));
    }

    /** The key in the store promises what PostgreSQL has to keep. */
    private void synchronousStandbys() {
        if (facts.inRecovery() || !view.isLeader(name) || !view.dynamicConfig().isSynchronous()) {
            return;
        }
        for (String voter : view.sync().voters()) {
            String state = facts.standbys().getOrDefault(voter, "");
            if (!state.equals("sync") && !state.equals("quorum")) {
                findings.add(Finding.warning(
                        "synchronous policy",
                        voter + " counts as synchronous, but PostgreSQL "
                                + (state.isEmpty() ? "has no such standby" : "calls it " + state),
                        "when this lasts: look at synchronous_standby_names and at the log of the leader's agent"));
            }
        }
    }
}
