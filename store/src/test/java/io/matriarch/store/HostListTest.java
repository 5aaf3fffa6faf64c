package io.matriarch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonElement;
import io.matriarch.model.YamlReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostListTest {

    private static JsonElement yaml(String text) throws Exception {
        return YamlReader.parse(text);
    }

    @Test
    void a_list_and_a_text_with_commas_say_the_same() throws Exception {
        assertEquals(List.of("a:1", "b:2"), HostList.read("x", yaml("[' a:1', 'b:2']")));
        assertEquals(List.of("a:1", "b:2"), HostList.read("x", yaml("'a:1 , b:2,'")));
        assertEquals(List.of(), HostList.read("x", null));
        assertEquals(List.of(), HostList.read("x", yaml("~")));
    }

    @Test
    void an_entry_that_is_no_single_value_is_named_by_its_place() throws Exception {
        String expected = ": expected one text such as 10.0.0.1:2379 in each entry of the list, but got ";
        assertEquals(
                "etcd3.hosts.1" + expected + "a map (a blank behind the colon makes one)",
                failure(yaml("['a:1', {10.0.0.1: 2379}]")));
        assertEquals("etcd3.hosts.0" + expected + "a list", failure(yaml("[[a]]")));
        assertEquals("etcd3.hosts.0" + expected + "nothing", failure(yaml("[~]")));
        assertEquals("etcd3.hosts: expected a list, or texts with commas, but got a map", failure(yaml("{a: 1}")));
    }

    private static String failure(JsonElement written) {
        return String.valueOf(
                assertThrows(StoreConfigurationException.class, () -> HostList.read("etcd3.hosts", written))
                        .getMessage());
    }
}
