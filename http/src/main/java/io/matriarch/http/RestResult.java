package io.matriarch.http;

/** How a request ended. */
public sealed interface RestResult {

    /** The server answered, with whatever code. */
    record Answer(int status, String body) implements RestResult {}

    /**
     * No answer.
     *
     * @param reason for people
     * @param sent whether the server may have got the request: then it must not be repeated blindly
     */
    record Failed(String reason, boolean sent) implements RestResult {}
}
