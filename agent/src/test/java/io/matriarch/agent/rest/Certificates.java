package io.matriarch.agent.rest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Certificates as operators make them: with the openssl program, in a directory of the test. */
final class Certificates {

    private final Path directory;

    Certificates(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=test authority",
                "-keyout",
                file("ca.key"),
                "-out",
                file("ca.pem"));
    }

    String authority() {
        return file("ca.pem");
    }

    /** A certificate by the authority, with its key in the same file. */
    String issue(String name, String subjectAltName) throws IOException, InterruptedException {
        Files.writeString(Path.of(file(name + ".ext")), "subjectAltName=" + subjectAltName + "\n");
        openssl(
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".csr"));
        openssl(
                "x509",
                "-req",
                "-in",
                file(name + ".csr"),
                "-CA",
                file("ca.pem"),
                "-CAkey",
                file("ca.key"),
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                file(name + ".ext"),
                "-out",
                file(name + ".crt"));
        return join(name);
    }

    /** A certificate that is its own authority, with its key in the same file. */
    String selfSigned(String name, String subjectAltName) throws IOException, InterruptedException {
        openssl(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-addext",
                "subjectAltName=" + subjectAltName,
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".crt"));
        return join(name);
    }

    private String join(String name) throws IOException {
        Path both = Path.of(file(name + ".pem"));
        Files.writeString(
                both, Files.readString(Path.of(file(name + ".crt"))) + Files.readString(Path.of(file(name + ".key"))));
        return both.toString();
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private static void openssl(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException("failed: " + command);
        }
    }
}
