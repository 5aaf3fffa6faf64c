package io.matriarch.agent.logging;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Json;
import java.util.List;
import java.util.Optional;

/** {@code type: json}: one object on each line, the fields in the order of the configuration. */
final class JsonLayout implements Layout {

    /**
     * One member of the object.
     *
     * @param field what is shown
     * @param name what it is called
     */
    record Column(String field, String name) {}

    private final List<Column> columns;
    private final JsonObject staticFields;
    private final LogField fields;

    JsonLayout(List<Column> columns, JsonObject staticFields, LogField fields) {
        this.columns = List.copyOf(columns);
        this.staticFields = staticFields;
        this.fields = fields;
    }

    @Override
    public String format(LogEvent event) {
        var line = new JsonObject();
        for (Column column : columns) {
            Optional<JsonPrimitive> value = fields.value(column.field, event);
            line.add(column.name, value.isPresent() ? value.get() : JsonNull.INSTANCE);
        }
        staticFields.entrySet().forEach(entry -> line.add(entry.getKey(), entry.getValue()));
        if (event.thrown() != null) {
            line.addProperty("exc_info", Layout.stackTrace(event.thrown()));
        }
        return Json.spaced(line);
    }

    @Override
    public boolean needsSource() {
        return columns.stream().anyMatch(column -> LogField.needsSource(column.field));
    }
}
