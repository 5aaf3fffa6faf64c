package io.matriarch.http;

import java.util.Map;

/** How a request ended. */
public sealed interface RestResult {

    /**
     * The server answered, with whatever code.
     *
     * @param headers by their names in lower case, the first of each name
     */
    record Answer(int status, String body, Map<String, String> headers) implements RestResult {

        public Answer {
            headers = Map.copyOf(headers);
        }

        /** An answer of whose headers nobody wants to know. */
        public Answer(int status, String body) {
            this(status, body, Map.of());
        }
    }

    /**
     * No answer.
     *
     * @param reason for people
     * @param sent whether the server may have got the request: then it must not be repeated blindly
     */
    record Failed(String reason, boolean sent) implements RestResult {}
}
