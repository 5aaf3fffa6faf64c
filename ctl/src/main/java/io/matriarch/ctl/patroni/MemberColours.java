package io.matriarch.ctl.patroni;

import io.matriarch.ctl.cli.Screen.Colour;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What stands out in tables of members: who leads, and whoever is not well. */
public final class MemberColours {

    private MemberColours() {}

    /** @return null for what is ordinary */
    public static @Nullable Colour of(String title, String text) {
        return switch (title) {
            case "Role" -> text.toLowerCase(Locale.ROOT).endsWith("leader") ? Colour.BOLD : null;
            case "State" -> ofState(text);
            case "Pending restart" -> Colour.YELLOW;
            default -> null;
        };
    }

    private static Colour ofState(String state) {
        return switch (state) {
            case "running", "streaming" -> Colour.GREEN;
            case "stopped", "crashed", "start failed", "stop failed", "restart failed", "not answering" -> Colour.RED;
            default -> Colour.YELLOW;
        };
    }
}
