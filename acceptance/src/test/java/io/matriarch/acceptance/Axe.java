package io.matriarch.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Properties;

/** The accessibility checker axe-core, as its WebJar brings it. */
final class Axe {

    static final String SOURCE = read();

    private Axe() {}

    private static String read() {
        try {
            var properties = new Properties();
            try (InputStream in = resource("META-INF/maven/org.webjars.npm/axe-core/pom.properties")) {
                properties.load(in);
            }
            String version = properties.getProperty("version");
            try (InputStream in = resource("META-INF/resources/webjars/axe-core/" + version + "/axe.min.js")) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(Axe.class.getClassLoader().getResourceAsStream(name), name);
    }
}
