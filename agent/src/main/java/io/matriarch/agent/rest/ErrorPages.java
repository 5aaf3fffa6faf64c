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
            <p>Error code explanation: %d - %s.</p>
            </body>
            </html>
            """.formatted(code, escape(text.reason), code, text.explanation);
    }

    private static Text text(int code, String method) {
        return switch (code) {
            case 400 -> new Text("Bad Request", "Bad request syntax or unsupported method");
            case 404 -> new Text("Not Found", "Nothing matches the given URI");
            case 409 -> new Text("Conflict", "Request conflict");
            case 411 -> new Text("Length Required", "Client must specify Content-Length");
            case 413 -> new Text("Request Entity Too Large", "Entity is too large");
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
