package io.matriarch.engine;

/**
 * The rules by name, with the contract section (ha-loop.md) they come from and one sentence for people. The journal and
 * {@code explain} speak in these.
 */
public enum Rule {
    STORE_DOWN_REPLICA("13", "Without the store nothing is decided; a replica stays as it is."),
    STORE_DOWN_PRIMARY(
            "13", "Without the store nobody can know whether the lease still holds: the primary steps down."),
    FAILSAFE("13", "Without the store, a primary goes on while every other member promises not to race."),
    PROMISES(
            "13",
            "Without the store, a primary goes on while enough members promise not to follow it (decision 0016)."),
    STANDBY_LEADER("14.2", "In a standby cluster the owner of the lock follows the remote member."),
    STANDBY_BOOTSTRAP("14.1", "A standby cluster begins as a copy of the remote member."),
    DEMOTE_CLUSTER(
            "14.4", "The cluster became a standby cluster: its primary steps down and follows the remote member."),
    STORE_LOST("3.4", "The store has lost its data: no replica leads while whoever led may lead on (decision 0020)."),
    REPAIR_INITIALIZE("3.4", "The leader writes the system identifier when the store has none."),
    REPAIR_CONFIG("3.4", "The leader writes its configuration when the store has none."),
    TASK_RUNNING("4", "One long action runs beside the loop; the loop waits for it."),
    TASK_LOST_LOCK("4", "The lock was lost while a long action ran on the primary: it stops."),
    STARTING("5", "PostgreSQL is starting; the lock is kept meanwhile."),
    STARTING_LOST_LOCK("5", "The lock was lost while PostgreSQL was starting."),
    STARTING_TOO_LONG("5", "PostgreSQL takes longer to start than primary_start_timeout, and somebody else can lead."),
    STOPPING("5", "PostgreSQL shuts down and nobody waits for it: the shutdown is brought to its end."),
    EMPTY_DATA_DIRECTORY("6.1", "A node without data does not hold the lock and runs nothing."),
    BOOTSTRAP("6.2", "The node that wins the initialize key creates the cluster."),
    CLONE("6.2", "A node without data is cloned from the leader or from a member that offers itself."),
    BOOTSTRAP_END("6.3", "The new cluster is ready: its identity, configuration and leader are published."),
    BOOTSTRAP_FAILED("6.3", "The bootstrap failed: the key is given back and the data directory set aside."),
    FOREIGN_DATA("6.4", "The data directory belongs to another cluster."),
    SYSTEM_IDENTIFIER("6.4", "The system identifier is taken over from the node that runs as primary."),
    CRASHED_PRIMARY("7.1", "The primary's PostgreSQL is gone: start it again in place, or fail over at once."),
    NOT_RUNNING("7.2", "PostgreSQL is not running: start it in recovery."),
    REWIND_FAILED(
            "12.3",
            "pg_rewind failed, or what it made does not start: the data directory is made again from the leader."),
    START_FAILED("7.3", "PostgreSQL did not come up after a start: the lock is given up."),
    UNANSWERED("1", "PostgreSQL runs as a replica and cannot be queried: it is left alone until it can."),
    NO_RACE("8.2", "This node may not take the lock."),
    RACE("8", "There is no leader: the healthiest node takes the lock."),
    VOTES("8", "The former leader may lead on by promises: nobody takes the lock without votes (decision 0016)."),
    LOCK_LOST("9.1", "The lock could not be renewed: somebody else may lead, so the primary steps down."),
    PAUSED_WITHOUT_PRIMARY("9.1", "In pause the lock belongs to a running primary only."),
    LEAD("9.2", "The owner of the lock is the primary."),
    PROMOTE("9.2", "The owner of the lock becomes the primary."),
    WATCHDOG("9.2", "The configuration requires a watchdog, and it cannot be used: others shall lead."),
    API_SILENT("9.2", "The leader's own REST API does not answer: somebody else shall lead, if anybody can."),
    PROMOTION_CANCELLED("9.2", "The pre_promote script said no: the lock is given to others."),
    FOLLOW("9.3", "Somebody else leads: follow."),
    NOT_LEADER("9.3", "A primary without the lock steps down."),
    SWITCHOVER("10.2", "An operator asked for another leader, and a candidate is fit."),
    SWITCHOVER_REFUSED("10.2", "An operator asked for another leader, and it cannot be done."),
    DIVERGED("12", "The local WAL went another way than the leader's: rewind or make anew."),
    REJOIN_INTERRUPTED("12", "A rewind or clone was cut off: the data directory must not be started.");

    private final String section;
    private final String sentence;

    Rule(String section, String sentence) {
        this.section = section;
        this.sentence = sentence;
    }

    /** Section of contract ha-loop.md. */
    public String section() {
        return section;
    }

    public String sentence() {
        return sentence;
    }

    /** Whether it decides about a cycle in which the store did not answer. */
    public boolean isWithoutStore() {
        return switch (this) {
            case STORE_DOWN_REPLICA, STORE_DOWN_PRIMARY, FAILSAFE, PROMISES -> true;
            default -> false;
        };
    }
}
