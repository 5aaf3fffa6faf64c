import com.palantir.javaformat.java.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keeps the layout of all Java sources of the reactor, called by the build from the root of the checkout.
 *
 * <p>{@code check} names each file whose layout differs and fails; {@code apply} rewrites those files.
 */
final class Format {

    private Format() {}

    public static void main(String[] arguments) throws IOException {
        List<String> formatter = new ArrayList<>(List.of("--palantir"));
        switch (arguments[0]) {
            case "check" -> {
                System.out.println("Layout of sources (\"mvn -N -Dformat=apply process-sources\" repairs what is named):");
                formatter.addAll(List.of("--dry-run", "--set-exit-if-changed"));
            }
            case "apply" -> formatter.add("--replace");
            default -> throw new IllegalArgumentException("format: expected check or apply, but got " + arguments[0]);
        }
        formatter.addAll(sources(Path.of("")));
        Main.main(formatter.toArray(String[]::new));
    }

    private static List<String> sources(Path root) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root)) {
            for (Path sources : modules.map(module -> module.resolve("src")).filter(Files::isDirectory).toList()) {
                try (Stream<Path> files = Files.walk(sources)) {
                    files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().forEach(found::add);
                }
            }
        }
        return found;
    }
}
