package io.matriarch.backup;

import java.util.List;

/**
 * From what a target is reached.
 *
 * @param timeline that recovery follows
 * @param first the number of the first segment that is read from the archive
 * @param last that of the last one that is known to be needed
 * @param missing what the archive lacks of them
 */
public record RestorePlan(BackupRecord backup, int timeline, long first, long last, List<WalName.Segment> missing) {

    public RestorePlan {
        missing = List.copyOf(missing);
    }
}
