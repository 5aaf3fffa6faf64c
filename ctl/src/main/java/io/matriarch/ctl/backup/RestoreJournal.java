package io.matriarch.ctl.backup;

import com.google.gson.JsonObject;
import io.matriarch.backup.DurableFiles;
import io.matriarch.backup.RestoreTarget;
import io.matriarch.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How far a restore is, in a file beside the data directory. It is written before each step begins, and each step can be
 * begun again, so whatever ends the command, the next one goes on.
 *
 * @param source the scope whose backups are used; of a new cluster with pgBackRest: the stanza
 * @param backup the label; empty for a rollback, which uses none
 * @param timeline that recovery follows; 0 for a rollback: the one of the data
 * @param step that was begun last
 * @param newTimeline that the restored data is promoted to; 0: no number is taken yet
 * @param pausedByUs whether the cluster was not paused before
 * @param identity the system identifier of a new cluster, else empty
 */
record RestoreJournal(
        Kind kind,
        String source,
        RestoreTarget target,
        String backup,
        int timeline,
        Step step,
        int newTimeline,
        boolean pausedByUs,
        String identity) {

    /** What is being done. */
    enum Kind {
        /** The cluster goes back to its target. */
        RESTORE(
                Step.FETCH,
                Step.RECOVER,
                Step.PAUSE,
                Step.PROMOTE,
                Step.STOP,
                Step.SWAP,
                Step.START,
                Step.RESUME,
                Step.MEMBERS,
                Step.DONE),
        /** The cluster gets the data back that a restore had put aside. */
        ROLLBACK(Step.PAUSE, Step.PROMOTE, Step.STOP, Step.SWAP, Step.START, Step.RESUME, Step.MEMBERS, Step.DONE),
        /** Another cluster begins with the restored data. */
        NEW_CLUSTER(
                Step.CLAIM, Step.FETCH, Step.RECOVER, Step.PROMOTE, Step.IDENTITY, Step.SWAP, Step.PUBLISH, Step.DONE);

        private final List<Step> steps;

        Kind(Step... steps) {
            this.steps = List.of(steps);
        }

        List<Step> steps() {
            return steps;
        }
    }

    /** The steps, with what people are told. */
    enum Step {
        CLAIM("Take the name of the new cluster in the store"),
        FETCH("Unpack the backup beside the data directory"),
        RECOVER("Recover to the target; the cluster goes on meanwhile"),
        PAUSE("Pause the cluster, so that nobody else becomes primary"),
        PROMOTE("Promote the restored data to a timeline of its own"),
        IDENTITY("Give the restored data an identity of its own"),
        STOP("Stop PostgreSQL of this node"),
        SWAP("Put the restored data in place; what was there is kept"),
        START("Start the restored data as the primary"),
        PUBLISH("Enter the new cluster in the store"),
        RESUME("End the pause"),
        MEMBERS("Give the new timeline to the other members"),
        DONE("Wait for the operator's word");

        private final String text;

        Step(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    RestoreJournal at(Step next) {
        return new RestoreJournal(kind, source, target, backup, timeline, next, newTimeline, pausedByUs, identity);
    }

    RestoreJournal withNewTimeline(int number) {
        return new RestoreJournal(kind, source, target, backup, timeline, step, number, pausedByUs, identity);
    }

    RestoreJournal paused() {
        return new RestoreJournal(kind, source, target, backup, timeline, step, newTimeline, true, identity);
    }

    /** Whether a step comes after the present one. */
    boolean isBefore(Step other) {
        return kind.steps().indexOf(step) < kind.steps().indexOf(other);
    }

    void write(Path file) throws IOException {
        var o = new JsonObject();
        o.addProperty("kind", kind.name());
        o.addProperty("source", source);
        o.addProperty("target", target.text());
        o.addProperty("backup", backup);
        o.addProperty("timeline", timeline);
        o.addProperty("step", step.name());
        o.addProperty("new_timeline", newTimeline);
        o.addProperty("paused_by_us", pausedByUs);
        o.addProperty("identity", identity);
        DurableFiles.replace(file, Json.spaced(o) + "\n");
    }

    /** Empty when no restore is under way. */
    static Optional<RestoreJournal> read(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
        JsonObject o = Json.parseObject(text).orElseThrow(() -> new IOException(file + " cannot be read"));
        try {
            return Optional.of(new RestoreJournal(
                    Kind.valueOf(text(o, "kind")),
                    text(o, "source"),
                    RestoreTarget.parse(text(o, "target")).orElseThrow(() -> new IllegalArgumentException("no target")),
                    text(o, "backup"),
                    Json.integer(o, "timeline").orElse(0L).intValue(),
                    Step.valueOf(text(o, "step")),
                    Json.integer(o, "new_timeline").orElse(0L).intValue(),
                    Json.bool(o, "paused_by_us").orElse(false),
                    text(o, "identity")));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static String text(JsonObject o, String field) {
        return Json.string(o, field).orElse("");
    }
}
