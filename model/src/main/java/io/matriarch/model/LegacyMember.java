package io.matriarch.model;

import com.google.gson.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** The ancient form of a member key: a connection URL that carries the REST address as {@code application_name}. */
final class LegacyMember {

    private LegacyMember() {}

    static Member parse(String name, String value) {
        var data = new JsonObject();
        int question = value.indexOf('?');
        data.addProperty("conn_url", question < 0 ? value : value.substring(0, question));
        if (question >= 0) {
            for (String pair : value.substring(question + 1).split("&")) {
                if (pair.startsWith("application_name=")) {
                    data.addProperty(
                            "api_url",
                            URLDecoder.decode(pair.substring("application_name=".length()), StandardCharsets.UTF_8));
                }
            }
        }
        return new Member(name, data);
    }
}
