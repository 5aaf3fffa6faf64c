package io.matriarch.store;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A list that may also be written as one text with commas, such as {@code hosts} (contract config.md 2.6). */
public final class HostList {

    private HostList() {}

    /**
     * The entries without blanks around them; empty when nothing is written.
     *
     * @param place the dotted path of the key, for the message
     * @throws StoreConfigurationException when an entry is anything but a single value
     */
    public static List<String> read(String place, @Nullable JsonElement written) throws StoreConfigurationException {
        var entries = new ArrayList<String>();
        switch (written) {
            case JsonArray list -> {
                for (int i = 0; i < list.size(); i++) {
                    if (!(list.get(i) instanceof JsonPrimitive entry)) {
                        throw new StoreConfigurationException(place + "." + i
                                + ": expected one text such as 10.0.0.1:2379 in each entry of the list, but got "
                                + shape(list.get(i)));
                    }
                    entries.add(entry.getAsString());
                }
            }
            case JsonPrimitive one -> entries.addAll(List.of(one.getAsString().split(",")));
            case JsonObject _ ->
                throw new StoreConfigurationException(place + ": expected a list, or texts with commas, but got a map");
            case null, default -> {
                // nothing is written
            }
        }
        return entries.stream()
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    private static String shape(JsonElement element) {
        return switch (element) {
            case JsonObject _ -> "a map (a blank behind the colon makes one)";
            case JsonArray _ -> "a list";
            default -> "nothing";
        };
    }
}
