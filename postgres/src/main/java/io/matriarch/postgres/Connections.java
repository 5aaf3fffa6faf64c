package io.matriarch.postgres;

import io.matriarch.model.config.Credentials;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Opens the connections that are needed now and then; the caller closes them. Every one has a connect limit of 3
 * seconds, a statement limit of 2 seconds and autocommit (contract postgres-control.md 3).
 */
interface Connections {

    /** To the local server as superuser. */
    Connection local() throws SQLException;

    /** To the local server with {@code replication=1}. */
    Connection localReplication() throws SQLException;

    /** To another server, which must accept writes, in its maintenance database. */
    Connection primary(Upstream server, Credentials user) throws SQLException;

    /** To another server as replication user with {@code replication=1}. */
    Connection replication(Upstream server) throws SQLException;

    /** The host under which libpq reaches the local server: a name, an address or a socket directory. */
    String localHost();
}
