package io.matriarch.ctl.backup;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.backup.BackupSettings;
import io.matriarch.backup.RestoreTarget;
import io.matriarch.backup.WalName;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.cli.Terminal;
import io.matriarch.model.Json;
import io.matriarch.model.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Calls of pgBackRest, for clusters that are configured for it. Its own configuration says where its repository is. */
final class PgBackRest {

    private PgBackRest() {}

    /**
     * The words of a call.
     *
     * @param options without their dashes
     * @param words the command and its arguments
     */
    static List<String> command(BackupSettings settings, Map<String, String> options, List<String> words) {
        var command = new ArrayList<String>();
        command.add(settings.command());
        command.add("--stanza=" + settings.stanza());
        options.forEach((name, value) -> command.add("--" + name + "=" + value));
        command.addAll(words);
        return command;
    }

    /**
     * Runs a command and shows what it prints.
     *
     * @throws CommandFailure when it fails
     */
    static void run(
            Terminal terminal, BackupSettings settings, Map<String, String> options, List<String> words, Duration limit)
            throws CommandFailure, InterruptedException {
        Tool.End end = new Tool(command(settings, options, words), Map.of(), limit).run(terminal::line);
        if (end.code() != 0) {
            throw new CommandFailure("pgBackRest " + words.getLast() + " ended with " + end.code());
        }
    }

    /**
     * The latest backup that ended before a target.
     *
     * @param info what {@code pgbackrest info --output=json} prints for one stanza
     */
    static Optional<String> latestBefore(RestoreTarget target, String info) {
        String latest = null;
        if (Json.parse(info).orElse(null) instanceof JsonArray stanzas) {
            for (JsonElement stanza : stanzas) {
                if (stanza instanceof JsonObject o && o.get("backup") instanceof JsonArray backups) {
                    for (JsonElement element : backups) { // oldest first
                        if (element instanceof JsonObject backup && isBefore(backup, target)) {
                            latest = Json.string(backup, "label").orElse(latest);
                        }
                    }
                }
            }
        }
        return Optional.ofNullable(latest);
    }

    /**
     * The timeline of the last segment in the archive; 0 when there is none.
     *
     * @param info what {@code pgbackrest info --output=json} prints for one stanza
     */
    static int newestTimeline(String info) {
        int newest = 0;
        if (Json.parse(info).orElse(null) instanceof JsonArray stanzas) {
            for (JsonElement stanza : stanzas) {
                if (stanza instanceof JsonObject o && o.get("archive") instanceof JsonArray archives) {
                    for (JsonElement archive : archives) {
                        int timeline = archive instanceof JsonObject range
                                ? Json.string(range, "max")
                                        .flatMap(WalName::parse)
                                        .map(PgBackRest::timeline)
                                        .orElse(0)
                                : 0;
                        newest = Math.max(newest, timeline);
                    }
                }
            }
        }
        return newest;
    }

    private static int timeline(WalName name) {
        return name instanceof WalName.Segment segment ? segment.timeline() : 0;
    }

    private static boolean isBefore(JsonObject backup, RestoreTarget target) {
        return switch (target) {
            case RestoreTarget.Time(Instant time) ->
                Json.object(backup, "timestamp")
                        .flatMap(times -> Json.integer(times, "stop"))
                        .filter(seconds -> Instant.ofEpochSecond(seconds + 1).isBefore(time))
                        .isPresent();
            case RestoreTarget.Position(Lsn lsn) ->
                Json.object(backup, "lsn")
                        .flatMap(range -> Json.string(range, "stop"))
                        .flatMap(Lsn::parse)
                        .filter(stop -> !stop.isAfter(lsn))
                        .isPresent();
            case RestoreTarget.Name _, RestoreTarget.Latest _ -> true;
        };
    }
}
