/**
 * The repository: base backups and archived WAL of a cluster in plain files that {@code tar} and {@code zcat} can read, and
 * the questions that are answered from it: what is missing, what may go, what can be restored. Start at {@link
 * io.matriarch.backup.Repository}. Knows nothing of the store, the agents or running servers.
 */
@NullMarked
package io.matriarch.backup;

import org.jspecify.annotations.NullMarked;
