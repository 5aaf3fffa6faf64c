package io.matriarch.distribution;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The rooms of docs/architecture.md point one way: what a room may use stands in {@link #ROOMS}, and anything else fails
 * here. Maven keeps modules apart, but not a room from a library that came along with another one, nor the deciding rooms
 * from clock, files, threads and logging.
 */
class DependencyDirectionTest {

    private static final String ROOT = "io.matriarch.";

    /** For each room: the rooms that it may use besides itself. Keep it in the order of docs/architecture.md. */
    private static final Map<String, List<String>> ROOMS = new TreeMap<>(Map.ofEntries(
            Map.entry("model", List.of()),
            Map.entry("engine", List.of("model")),
            Map.entry("config", List.of("model")),
            Map.entry("backup", List.of("model")),
            Map.entry("http", List.of("model")),
            Map.entry("store", List.of("model")),
            Map.entry("store.etcd", List.of("model", "http", "store")),
            Map.entry("store.zookeeper", List.of("model", "http", "store")),
            Map.entry("store.embedded", List.of("model", "http", "store", "store.zookeeper")),
            Map.entry("postgres", List.of("model")),
            Map.entry(
                    "agent",
                    List.of(
                            "model",
                            "engine",
                            "config",
                            "http",
                            "store",
                            "store.etcd",
                            "store.zookeeper",
                            "store.embedded",
                            "postgres")),
            Map.entry(
                    "ctl",
                    List.of(
                            "model",
                            "engine",
                            "config",
                            "backup",
                            "http",
                            "store",
                            "store.etcd",
                            "store.zookeeper",
                            "store.embedded")),
            Map.entry(
                    "simulator",
                    List.of(
                            "model",
                            "engine",
                            "config",
                            "http",
                            "store",
                            "store.etcd",
                            "store.zookeeper",
                            "postgres",
                            "agent"))));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.matriarch");

    @Test
    void seesTheClassesOfEveryRoom() {
        for (String room : List.of("model", "engine", "store", "postgres", "agent")) {
            long seen =
                    CLASSES.stream().filter(type -> room.equals(roomOf(type))).count();
            assertTrue(seen >= 5, () -> "only " + seen + " classes of " + room + " on the class path of this test");
        }
    }

    @Test
    void everyClassLivesInARoom() {
        classes()
                .should()
                .resideInAnyPackage(packages(List.copyOf(ROOMS.keySet())))
                .check(CLASSES);
    }

    @TestFactory
    Stream<DynamicTest> aRoomUsesOnlyTheRoomsBelowIt() {
        return ROOMS.entrySet().stream()
                .map(room -> dynamicTest(room.getKey(), () -> {
                    List<String> allowed = new ArrayList<>(room.getValue());
                    allowed.add(room.getKey());
                    noClasses()
                            .that(inRoom(room.getKey()))
                            .should()
                            .dependOnClassesThat(
                                    resideInAPackage(ROOT + "*..").and(DescribedPredicate.not(inAnyRoom(allowed))))
                            .as("classes of " + room.getKey() + " use only " + allowed)
                            .allowEmptyShould(true)
                            .check(CLASSES);
                }));
    }

    @Test
    void decisionsKnowNoClockNoFilesNoNetworkNoThreadsNoLogging() {
        noClasses()
                .that(inRoom("engine"))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "java.io..",
                        "java.nio..",
                        "java.net..",
                        "java.sql..",
                        "java.util.concurrent..",
                        "java.util.logging..",
                        "javax.."))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, Process.class, ProcessHandle.class, System.Logger.class)
                .orShould()
                .callMethodWhere(readsAClockOrChance())
                .check(CLASSES);
    }

    @Test
    void theLanguageOfTheFieldDoesNoWork() {
        noClasses()
                .that(inRoom("model"))
                .and()
                .doNotHaveFullyQualifiedName(ROOT + "model.SystemTime") // is the clock
                .should()
                .dependOnClassesThat(resideInAnyPackage("java.net..", "java.sql..", "java.util.logging..")
                        .and(DescribedPredicate.not(belongToAnyOf(
                                URI.class, URISyntaxException.class, URLDecoder.class, URLEncoder.class))))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Process.class, ProcessHandle.class, System.Logger.class)
                .orShould()
                .callMethodWhere(readsAClockOrChance())
                .check(CLASSES);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching(ROOT + "(**)").should().beFreeOfCycles().check(CLASSES);
    }

    private static DescribedPredicate<JavaAccess<?>> readsAClockOrChance() {
        return DescribedPredicate.describe("reads a clock, sleeps or draws lots", access -> {
            String call = access.getTargetOwner().getFullName() + "." + access.getName();
            boolean now = access.getTargetOwner().getPackageName().equals("java.time")
                    && access.getName().equals("now");
            return now
                    || call.equals("java.lang.System.currentTimeMillis")
                    || call.equals("java.lang.System.nanoTime")
                    || call.equals("java.lang.Thread.sleep")
                    || call.equals("java.lang.Math.random")
                    || call.startsWith("java.util.concurrent.ThreadLocalRandom");
        });
    }

    private static DescribedPredicate<JavaClass> inRoom(String room) {
        return inAnyRoom(List.of(room));
    }

    private static DescribedPredicate<JavaClass> inAnyRoom(List<String> rooms) {
        return DescribedPredicate.describe("in " + rooms, type -> rooms.contains(roomOf(type)));
    }

    /** The room with the longest name that contains the class: {@code store.etcd} before {@code store}. */
    private static String roomOf(JavaClass type) {
        return ROOMS.keySet().stream()
                .filter(room -> (type.getPackageName() + ".").startsWith(ROOT + room + "."))
                .reduce("", (best, room) -> room.length() > best.length() ? room : best);
    }

    private static String[] packages(List<String> rooms) {
        return rooms.stream().map(room -> ROOT + room + "..").toArray(String[]::new);
    }
}
