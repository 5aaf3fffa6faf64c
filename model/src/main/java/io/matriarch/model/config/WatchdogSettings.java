package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.Unit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The {@code watchdog} section (contract config.md 2.9).
 *
 * @param testing the pipe protocol of test rigs instead of a device of Linux
 * @param safetyMargin how long before the end of the lease it fires; negative: half of {@code ttl} before
 * @param problem what is wrong with the section; empty: nothing
 */
public record WatchdogSettings(Mode mode, Path device, boolean testing, Duration safetyMargin, String problem) {

    public static final WatchdogSettings OFF =
            new WatchdogSettings(Mode.OFF, Path.of("/dev/watchdog"), false, Duration.ZERO, "");

    /** Whether it is used, and whether a primary may do without. */
    public enum Mode {
        OFF,
        AUTOMATIC,
        REQUIRED
    }

    public static WatchdogSettings of(LocalConfig local) {
        Section watchdog = new Section("", local.document()).section("watchdog");
        String mode = word(watchdog.map().get("mode"));
        Mode known = mode(mode);
        return new WatchdogSettings(
                known == null ? Mode.OFF : known,
                Path.of(watchdog.text("device", "/dev/watchdog")),
                watchdog.text("driver", "default").equals("testing"),
                Duration.ofSeconds(watchdog.integer("safety_margin", Unit.NONE, 5)),
                known == null ? "Watchdog mode " + mode + " not recognized, disabling watchdog" : "");
    }

    private static String word(@Nullable JsonElement value) {
        return value instanceof JsonPrimitive p ? p.getAsString().toLowerCase(Locale.ROOT) : "automatic";
    }

    private static @Nullable Mode mode(String word) {
        return switch (word) {
            case "off", "disable", "disabled", "false" -> Mode.OFF;
            case "automatic", "auto" -> Mode.AUTOMATIC;
            case "required", "require" -> Mode.REQUIRED;
            default -> null;
        };
    }
}
