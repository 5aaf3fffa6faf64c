package io.matriarch.acceptance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.matriarch.acceptance.TestCluster.Store;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a person sees of a real cluster in a real browser, where there is one. Pictures are left in {@code target/page}, or
 * with {@code -Ddocs=write} in {@code docs/page}.
 */
class PageInTheBrowserTest {

    private static final String DYNAMIC = """
        ttl: 20
        loop_wait: 1
        retry_timeout: 3
        synchronous_mode: true
        primary_start_timeout: 0
        postgresql:
          use_pg_rewind: true
        """;

    /** Also checks the accessibility of each picture, and shows the states that take longer to come about. */
    private static final boolean THOROUGH = "write".equals(System.getProperty("docs"));

    private static final Path PICTURES = THOROUGH ? Machine.checkout().resolve("docs/page") : Path.of("target/page");

    @BeforeEach
    void aBrowserIsThere() {
        assumeTrue(Browser.isInstalled(), "needs Debian's package chromium");
    }

    @Test
    void aFailoverAsOneSeesIt() throws Exception {
        try (var cluster = TestCluster.start(Store.ETCD, 3, DYNAMIC);
                var browser = new Browser()) {
            cluster.awaitSynchronous();
            TestNode old = cluster.awaitPrimary();
            TestNode heir = cluster.node(synchronousStandby(old));

            browser.look(1200, "light");
            browser.open("http://127.0.0.1:" + heir.restPort + "/ui/");
            browser.awaitText("#headline", old.name + " leads on timeline 1; all 2 others stream");
            sameFactsAsTheApi(browser, heir);
            isReadAloud(browser, cluster);
            assertTrue(browser.text("#outlook-summary").startsWith(heir.name + " takes over when the lease has ended"));
            System.out.println("The page was loaded after "
                    + browser.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
                    + " ms, and filled after "
                    + browser.evaluate("performance.getEntriesByName('filled')[0]?.startTime") + " ms");
            for (int width : new int[] {1200, 390}) {
                for (String colours : List.of("light", "dark")) {
                    browser.look(width, colours);
                    look(browser, "healthy-" + colours + (width == 390 ? "-narrow" : "-wide"));
                    assertEquals("true", browser.evaluate("document.documentElement.scrollWidth <= innerWidth"));
                }
            }
            browser.look(1200, "dark");

            cluster.patronictl("pause", "acceptance");
            browser.awaitText("#alerts", "The cluster is paused");
            browser.awaitText("#outlook-summary", "Nobody takes over");
            cluster.patronictl("resume", "acceptance");
            browser.awaitText("#outlook-summary", heir.name + " takes over");

            old.killPostmaster();
            browser.awaitText("#headline", heir.name + " leads on timeline 2");
            browser.awaitText("#happenings", "promoted self to leader by acquiring session lock");
            browser.evaluate("[...document.querySelectorAll('#happenings summary')]"
                    + ".find(s => s.innerText.includes('promoted self')).click()");
            browser.awaitText("#happenings details[open] ul", "The owner of the lock becomes the primary.");
            browser.awaitText("#lease-text", heir.name + " has it for another");
            cluster.awaitHealthy(TestCluster.FAILOVER);
            browser.awaitText("#headline", "all 2 others stream");
            look(browser, "failover-dark-wide");

            browser.look(1200, "light");
            if (THOROUGH) {
                TestNode third = cluster.nodes.stream()
                        .filter(n -> n != old && n != heir)
                        .findFirst()
                        .orElseThrow();
                memberAndStoreGo(browser, cluster, third);
            }
            heir.killAgent();
            browser.awaitText("#alerts", "does not answer");
            assertTrue(
                    browser.evaluate("document.querySelector('#alerts a').href").endsWith("/ui/"));
            look(browser, "agent-lost-light-wide");
            assertEquals(List.of(), browser.complaints);
        }
    }

    private static void look(Browser browser, String name) throws Exception {
        browser.screenshot(PICTURES.resolve(name + ".png"));
        if (THOROUGH) {
            assertEquals(List.of(), browser.barriers(), name);
        }
    }

    private static void memberAndStoreGo(Browser browser, TestCluster cluster, TestNode member) throws Exception {
        member.killEverything();
        browser.awaitText("#happenings", member.name + " is no longer a member");
        look(browser, "member-lost-light-wide");
        Objects.requireNonNull(cluster.etcd).stop();
        browser.awaitText("#alerts", "The store cannot be read from here");
        look(browser, "store-away-light-wide");
    }

    private static String synchronousStandby(TestNode asked) throws Exception {
        for (JsonElement element : asked.json("/cluster").getAsJsonArray("members")) {
            JsonObject member = element.getAsJsonObject();
            if (member.get("role").getAsString().equals("sync_standby")) {
                return member.get("name").getAsString();
            }
        }
        throw new AssertionError("no synchronous standby");
    }

    private static void sameFactsAsTheApi(Browser browser, TestNode node) throws Exception {
        Await.until(
                "the table shows what /cluster says",
                TestCluster.FAILOVER,
                () -> {
                    String table = browser.text("#member-rows");
                    for (JsonElement element : node.json("/cluster").getAsJsonArray("members")) {
                        JsonObject member = element.getAsJsonObject();
                        String row = member.get("name").getAsString();
                        String shown = table.substring(table.indexOf(row));
                        if (!shown.contains(member.get("role").getAsString().replace('_', ' '))
                                || !shown.contains(member.get("state").getAsString())
                                || !shown.contains(member.get("port").getAsString())) {
                            return false;
                        }
                    }
                    return true;
                },
                browser::describe);
    }

    private static void isReadAloud(Browser browser, TestCluster cluster) throws Exception {
        List<String> rows = browser.spoken("rowheader");
        for (TestNode node : cluster.nodes) {
            assertTrue(rows.stream().anyMatch(row -> row.startsWith(node.name)), rows::toString);
        }
        assertTrue(browser.spoken("table").contains("Members"), () -> "a table with a name");
        assertTrue(browser.spoken("columnheader").contains("Lag"), () -> "columns with names");
        List<String> pictures = browser.spoken("image");
        assertTrue(pictures.stream().anyMatch(name -> name.contains("streams from")), pictures::toString);
        for (String role : List.of("link", "button", "image", "meter")) {
            assertTrue(browser.spoken(role).stream().noneMatch(String::isEmpty), () -> "nameless " + role);
        }
    }
}
