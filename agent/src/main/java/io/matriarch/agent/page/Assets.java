package io.matriarch.agent.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** The files of the page, read once from the program. All are text; a name that is not in the list is not served. */
final class Assets {

    private static final String[] OWN = {
        "index.html",
        "page.css",
        "page.js",
        "live.js",
        "now.js",
        "topology.js",
        "past.js",
        "curves.js",
        "dom.js",
        "icon.svg"
    };

    private static final String CHARTS = "META-INF/resources/webjars/uplot/";
    private static final String CHARTS_VERSION = "META-INF/maven/org.webjars.npm/uplot/pom.properties";
    private static final String[] CHART_FILES = {"dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"};

    private final Map<String, PageFile> files;

    private Assets(Map<String, PageFile> files) {
        this.files = files;
    }

    static Assets load() {
        var files = new LinkedHashMap<String, PageFile>();
        for (String name : OWN) {
            files.put(name, file(name, read(Assets.class.getResourceAsStream(name), name)));
        }
        String charts = CHARTS + chartsVersion() + "/";
        for (String file : CHART_FILES) {
            String name = file.equals("LICENSE") ? "uPlot.LICENSE" : file.substring(file.indexOf('/') + 1);
            files.put(name, file(name, library(charts + file)));
        }
        return new Assets(files);
    }

    /** Its version stands in the build file and nowhere else. */
    private static String chartsVersion() {
        var properties = new Properties();
        try (var reader = new StringReader(library(CHARTS_VERSION))) {
            properties.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("text in memory", e);
        }
        return properties.getProperty("version", "");
    }

    private static String library(String path) {
        return read(Assets.class.getClassLoader().getResourceAsStream(path), path);
    }

    private static String read(@Nullable InputStream stream, String name) {
        if (stream == null) {
            throw new IllegalStateException("the program has no " + name);
        }
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }

    private static PageFile file(String name, String content) {
        return new PageFile(type(name), content, '"' + digest(content) + '"');
    }

    private static String type(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> "text/html; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> "text/plain; charset=utf-8";
        };
    }

    private static String digest(String content) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sum, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The file, the start page for an empty name. */
    Optional<PageFile> get(String name) {
        return Optional.ofNullable(files.get(name.isEmpty() ? "index.html" : name));
    }
}
