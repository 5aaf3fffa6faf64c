package io.matriarch.agent.rest;

import io.matriarch.agent.page.LivePage;
import io.matriarch.agent.page.PageFile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code GET /ui/…}: the files of the page; {@code GET /events}: the stream behind it (docs/ui.md). */
final class PageEndpoints {

    /** The page needs nothing but what this agent serves, and no other page may hold it in a frame. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"
            + " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            + " require-trusted-types-for 'script'";

    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy", CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options", "nosniff",
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin",
            "Cross-Origin-Opener-Policy", "same-origin",
            // Asked again each time, and answered in a few bytes: after an upgrade nobody sees files of two versions.
            "Cache-Control", "no-cache");

    private final Optional<LivePage> page;

    /** @param page empty: there is none */
    PageEndpoints(Optional<LivePage> page) {
        this.page = page;
    }

    Reply file(Request request) {
        String path = request.path();
        int start = path.indexOf("ui") + "ui".length();
        if (start == path.length()) {
            // Relative, for those behind a proxy that puts something before the path.
            return new Reply.Body(308, "text/html", "", Map.of("Location", "ui/"));
        }
        Optional<PageFile> file = page.flatMap(p -> p.file(path.substring(start + 1)));
        if (file.isEmpty()) {
            return new Reply.ErrorPage(404);
        }
        var headers = new LinkedHashMap<>(HEADERS);
        headers.put("ETag", file.get().tag());
        return isKnown(request, file.get().tag())
                ? new Reply.Body(304, file.get().type(), "", headers)
                : new Reply.Body(200, file.get().type(), file.get().content(), headers);
    }

    private static boolean isKnown(Request request, String tag) {
        List<String> known = request.headers().all("If-None-Match");
        return known.stream()
                .flatMap(header -> List.of(header.split(",")).stream())
                .map(value -> value.strip().replaceFirst("^W/", ""))
                .anyMatch(value -> value.equals(tag) || value.equals("*"));
    }

    Reply events(Request request) {
        return page.flatMap(p -> p.listen(request.headers().first("Last-Event-ID")))
                .<Reply>map(Reply.Stream::new)
                .orElseGet(() -> new Reply.ErrorPage(503));
    }
}
