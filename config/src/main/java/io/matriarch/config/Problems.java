package io.matriarch.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import io.matriarch.model.PythonText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a validation found: errors first, each with path, value and reason. */
final class Problems {

    private final List<String> errors = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /** @param value null: there is none, or it must not be shown */
    void add(String path, @Nullable JsonElement value, String why) {
        // of users and their passwords only names are shown
        boolean secret = path.contains("authentication") && !path.endsWith("username");
        String shown = value == null || value instanceof JsonNull || secret ? "" : PythonText.str(value);
        addText(path, shown, why);
    }

    void addText(String path, String shown, String why) {
        String line = path + " " + shown + " " + why;
        if (!errors.contains(line)) {
            errors.add(line);
        }
    }

    void warn(String path, String what) {
        warnings.add("warning: " + path + " " + what);
    }

    void warn(String text) {
        warnings.add("warning: " + text);
    }

    List<String> errors() {
        return List.copyOf(errors);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
