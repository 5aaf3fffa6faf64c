package io.matriarch.ctl.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.config.ConfigTree;
import org.junit.jupiter.api.Test;

/** {@code matriarch config explain}. */
class SettingExplanationTest {

    private static final String FILE = """
        scope: demo
        name: n0
        restapi: {listen: '127.0.0.1:8008'}
        postgresql:
          listen: 127.0.0.1:5432
          data_dir: /data
          parameters: {work_mem: 8MB, max_connections: 7}
          authentication: {superuser: {username: postgres, password: secret}, replication: {username: r}}
        """;

    private String dynamic = "{\"ttl\":30}";

    @Test
    void aDynamicSettingHasItsDefaultBelowIt() throws Exception {
        dynamic = "{\"ttl\":60}";
        assertEquals("""
            ttl = 60
              default: 30
              dynamic configuration: 60
              rule: only the dynamic configuration counts, for all members alike; bootstrap.dcs is its first content \
            and is not looked at later
            """, explain("ttl").text());
        assertEquals("10", explain("loop_wait").effective());
    }

    @Test
    void timesMayBeAdjusted() throws Exception {
        dynamic = "{\"ttl\":20,\"loop_wait\":10,\"retry_timeout\":8}";
        SettingExplanation explanation = explain("loop_wait");
        assertEquals("4", explanation.effective());
        assertTrue(explanation.rule().contains("adjusted"), explanation.rule());
    }

    @Test
    void aControlledParameterCountsInTheDynamicConfigurationOnly() throws Exception {
        SettingExplanation unset = explain("max_connections");
        assertEquals("100", unset.effective());
        assertTrue(unset.rule().contains("only the dynamic configuration counts"), unset.rule());
        dynamic = "{\"postgresql\":{\"parameters\":{\"max_connections\":150}}}";
        assertEquals("""
            postgresql.parameters.max_connections = 150
              dynamic configuration: 150
              configuration file: 7
            """, explain("max_connections").text().replaceAll("  rule:.*\n", ""));
    }

    @Test
    void anOrdinaryParameterIsTakenFromTheNearestLayer() throws Exception {
        dynamic = "{\"postgresql\":{\"parameters\":{\"work_mem\":\"4MB\"}}}";
        assertEquals("8MB", explain("work_mem").effective());
        assertEquals(2, explain("postgresql.parameters.work_mem").layers().size());
    }

    @Test
    void theEnvironmentIsALayerOfItsOwn() throws Exception {
        JsonObject files = ConfigTree.parseYaml("f", FILE);
        JsonObject local = ConfigTree.parseYaml("f", FILE.replace("127.0.0.1:8008", "0.0.0.0:9009"));
        String text = SettingExplanation.of("restapi.listen", DynamicConfig.EMPTY, files, local)
                .text();
        assertTrue(
                text.startsWith("restapi.listen = 0.0.0.0:9009\n"
                        + "  configuration file: 127.0.0.1:8008\n"
                        + "  environment: 0.0.0.0:9009\n"),
                text);
    }

    @Test
    void secretsAreNotShown() throws Exception {
        String text = explain("postgresql.authentication.superuser.password").text();
        assertFalse(text.contains("secret"), text);
        String json = explain("postgresql.authentication").json();
        assertFalse(json.contains("secret"), json);
    }

    @Test
    void whatNobodySetsIsSaidToBeSo() throws Exception {
        assertEquals(
                "(not set)",
                explain("random_page_cost")
                        .text()
                        .lines()
                        .findFirst()
                        .orElse("")
                        .split(" = ")[1]);
        assertThrows(CommandFailure.class, () -> explain("postgresql.no_such_setting"));
    }

    private SettingExplanation explain(String name) throws Exception {
        JsonObject local = ConfigTree.parseYaml("patroni.yml", FILE);
        return SettingExplanation.of(
                name, new DynamicConfig(Json.parseObject(dynamic).orElseThrow()), local, local);
    }
}
