package io.matriarch.agent.rest;

import io.matriarch.model.config.RestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * How the files of certificate, key and authorities look from outside, to notice that they were replaced.
 *
 * @param stamps one for each file
 */
record CertificateFiles(List<String> stamps) {

    static CertificateFiles of(RestSettings settings) {
        return new CertificateFiles(Stream.of(settings.certfile(), settings.keyfile(), settings.cafile())
                .filter(Objects::nonNull)
                .map(CertificateFiles::stamp)
                .toList());
    }

    private static String stamp(String file) {
        try {
            var a = Files.readAttributes(Path.of(file), BasicFileAttributes.class);
            return file + " " + a.lastModifiedTime() + " " + a.size() + " " + a.fileKey();
        } catch (IOException e) {
            return file + " " + e;
        }
    }
}
