package io.matriarch.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.matriarch.model.config.Credentials;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConninfoTest {

    private static final Upstream UPSTREAM = new Upstream("n2", "10.0.0.1", 5432, null, null, true, null);

    @Test
    void keywordsComeInTheOrderThatOthersCompare() {
        var user = new Credentials("replicator", "secret", Map.of());

        Conninfo conninfo = Conninfo.to(UPSTREAM, user, "postgres", 150000)
                .with("application_name", "n1")
                .withPassfile(Path.of("/x/pgpass"));

        assertEquals(
                "dbname=postgres user=replicator passfile=/x/pgpass host=10.0.0.1 port=5432 sslmode=prefer"
                        + " application_name=n1 gssencmode=prefer channel_binding=prefer",
                conninfo.toString());
    }

    @Test
    void newKeywordsNeedANewServer() {
        var user = new Credentials("r", null, Map.of("sslcrldir", "/crl", "sslmode", "verify-full"));

        assertEquals(
                "dbname=d user=r host=10.0.0.1 port=5432 sslmode=verify-full gssencmode=prefer channel_binding=prefer",
                Conninfo.to(UPSTREAM, user, "d", 130000).toString());
        assertEquals(
                "dbname=d user=r host=10.0.0.1 port=5432 sslmode=verify-full sslcrldir=/crl gssencmode=prefer"
                        + " channel_binding=prefer sslnegotiation=postgres",
                Conninfo.to(UPSTREAM, user, "d", 170000).toString());
    }

    @Test
    void whatIsWrittenIsReadBack() {
        var conninfo = new Conninfo(Map.of("user", "o'br\\ian x"));

        assertEquals("user=o\\'br\\\\ian\\ x", conninfo.toString());
        assertEquals(Optional.of(conninfo), Conninfo.parse(conninfo.toString()));
        assertEquals(Optional.of(conninfo), Conninfo.parse(" user = 'o\\'br\\\\ian x' "));
    }

    @Test
    void brokenTextIsRefused() {
        assertEquals(Optional.empty(), Conninfo.parse("host"));
        assertEquals(Optional.empty(), Conninfo.parse("host='a"));
        assertEquals(Optional.empty(), Conninfo.parse("ho st=a"));
    }
}
