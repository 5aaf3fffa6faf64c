/**
 * Backups and what is made from them: the commands that PostgreSQL calls for its WAL, base backups, and the restore of a
 * whole cluster. The repository's format is a room of its own; here are servers, members and people.
 */
@NullMarked
package io.matriarch.ctl.backup;

import org.jspecify.annotations.NullMarked;
