package io.matriarch.simulator.clients;

import io.matriarch.model.MonotonicTime;
import io.matriarch.simulator.postgres.Commit;
import io.matriarch.simulator.postgres.PostgresHost;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** What all clients of a world were told about their rows. */
public final class Ledger {

    /** A row whose COMMIT succeeded. */
    public record Acknowledged(Commit commit, PostgresHost by, MonotonicTime at) {}

    private final List<Acknowledged> acknowledged = new ArrayList<>();
    private final List<Consumer<Acknowledged>> listeners = new ArrayList<>();
    private long rows;
    private long refused;
    private long uncertain;

    /** Told the moment the server acknowledges, before the client hears of it. */
    public void onAcknowledgement(Consumer<Acknowledged> listener) {
        listeners.add(listener);
    }

    /** A number for a new row. */
    long nextRow() {
        return ++rows;
    }

    void acknowledged(Acknowledged row) {
        acknowledged.add(row);
        listeners.forEach(l -> l.accept(row));
    }

    void refused() {
        refused++;
    }

    void uncertain() {
        uncertain++;
    }

    /** In the order of their acknowledgements. */
    public List<Acknowledged> acknowledged() {
        return Collections.unmodifiableList(acknowledged);
    }

    /** How many attempts wrote nothing, as the client was told. */
    public long refusals() {
        return refused;
    }

    /** How many attempts ended without the client knowing their outcome. */
    public long uncertainties() {
        return uncertain;
    }
}
