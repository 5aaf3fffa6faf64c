package io.matriarch.http;

/** One request under way. {@link #cut} may be called by another thread at any time and makes {@link #run} return soon. */
interface Exchange {

    /** Sends the request and reads the answer within about {@code nanos}. */
    RestResult run(long nanos);

    /** Whether the server may have seen the request. */
    boolean mayBeSent();

    void cut();
}
