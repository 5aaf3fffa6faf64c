package io.matriarch.store.etcd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An authority with a server's and a client's certificate, made with openssl in a folder. */
record Certificates(Path directory) {

    static Certificates create(Path directory) throws Exception {
        var made = new Certificates(directory);
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout %s -out %s"
                .formatted(made.file("ca.key"), made.authority()));
        Path names = made.file("names");
        Files.writeString(names, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
        made.sign("server", "-newkey rsa:2048", names);
        openssl("ecparam -name prime256v1 -out " + made.file("curve"));
        made.sign("client", "-newkey ec:" + made.file("curve"), names);
        return made;
    }

    Path authority() {
        return file("ca.crt");
    }

    Path certificate(String name) {
        return file(name + ".crt");
    }

    Path key(String name) {
        return file(name + ".key");
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /** Runs openssl with arguments that contain no blanks. */
    static void openssl(String arguments) throws Exception {
        List<String> command = Stream.concat(Stream.of("openssl"), Arrays.stream(arguments.split(" ")))
                .toList();
        EtcdServer.run(Map.of(), command);
    }

    private void sign(String name, String kind, Path extensions) throws Exception {
        openssl("req %s -nodes -subj /CN=%s -keyout %s -out %s".formatted(kind, name, key(name), file(name + ".csr")));
        openssl("x509 -req -days 2 -in %s -CA %s -CAkey %s -CAcreateserial -extfile %s -out %s"
                .formatted(file(name + ".csr"), authority(), file("ca.key"), extensions, certificate(name)));
    }
}
