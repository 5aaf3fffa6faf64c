package io.matriarch.agent.rest;

/** Reason phrases and the small HTML page of an error (contract rest-api.md 1). */
final class ErrorPages {

    private ErrorPages() {}

    private record Text(String reason, String explanation) {}

    static String page(int code, String method) {
        Text text = text(code, method);
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Error response</title></head>
            <body>
            <h1>Error response</h1>
            <p>Error code: %d</p>
            <p>Message: %s.</p>
            <p>Error code explanation: %d - %s.</p>%s
            </body>
            </html>
            """.formatted(code, escape(text.reason), code, text.explanation, remedy(code, method));
    }

    /** Guides teach {@code curl -X POST …/failover}. */
    private static String remedy(int code, String method) {
        return code == 411 && method.equals("POST")
                ? "\n"
                        + "<p>Send a JSON object with -d, for instance {\"candidate\": \"NAME\"} to /failover,"
                        + " {\"leader\": \"NAME\"} to /switchover.</p>"
                : "";
    }

    /** What the status line says behind the code. */
    static String reason(int code, String method) {
        return text(code, method).reason;
    }

    private static Text text(int code, String method) {
        return switch (code) {
            case 200 -> new Text("OK", "Request fulfilled, document follows");
            case 202 -> new Text("Accepted", "Request accepted, processing continues off-line");
            case 304 -> new Text("Not Modified", "Document has not changed since given time");
            case 308 -> new Text("Permanent Redirect", "Object moved permanently");
            case 400 -> new Text("Bad Request", "Bad request syntax or unsupported method");
            case 401 -> new Text("Unauthorized", "No permission -- see authorization schemes");
            case 403 -> new Text("Forbidden", "Request forbidden -- authorization will not help");
            case 404 -> new Text("Not Found", "Nothing matches the given URI");
            case 409 -> new Text("Conflict", "Request conflict");
            case 411 -> new Text("Length Required", "Client must specify Content-Length");
            case 412 -> new Text("Precondition Failed", "Precondition in headers is false");
            case 413 -> new Text("Request Entity Too Large", "Entity is too large");
            case 422 -> new Text("Unprocessable Entity", "The request cannot be carried out as it is");
            case 431 -> new Text("Request Header Fields Too Large", "The headers are too large");
            case 500 -> new Text("Internal Server Error", "Server got itself in trouble");
            case 501 -> new Text("Unsupported method ('" + method + "')", "Server does not support this operation");
            case 502 -> new Text("Bad Gateway", "Invalid responses from another server/proxy");
            case 503 -> new Text("Service Unavailable", "The server cannot process the request due to a high load");
            default -> new Text("Error", "The request failed");
        };
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
