package io.matriarch.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which backups may go. A backup stays when it is one of the newest {@code count}, or younger than {@code age}, or the newest
 * one that is older: without that one the beginning of the last {@code age} could not be restored. The newest always stays.
 *
 * @param count at least 1
 */
public record Retention(int count, Duration age) {

    /** The backups that go, oldest first. */
    public List<BackupRecord> expired(List<BackupRecord> backups, Instant now) {
        List<BackupRecord> newestFirst = backups.stream()
                .sorted(Comparator.comparing(BackupRecord::finishedAt).reversed())
                .toList();
        Instant limit = now.minus(age);
        var expired = new ArrayList<BackupRecord>();
        boolean coversLimit = false;
        for (int i = 0; i < newestFirst.size(); i++) {
            BackupRecord backup = newestFirst.get(i);
            boolean old = !backup.finishedAt().isAfter(limit);
            if (i >= Math.max(count, 1) && old && coversLimit) {
                expired.addFirst(backup);
            }
            coversLimit |= old;
        }
        return List.copyOf(expired);
    }
}
