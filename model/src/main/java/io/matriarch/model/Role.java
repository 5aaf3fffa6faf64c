package io.matriarch.model;

import java.util.Arrays;
import java.util.Optional;

/** The roles that a member publishes (contract README, "Roles that may be published"). */
public enum Role {
    PRIMARY("primary"),
    REPLICA("replica"),
    STANDBY_LEADER("standby_leader"),
    DEMOTED("demoted"),
    /** Between a successful promote request and its confirmation. */
    PROMOTED("promoted"),
    UNINITIALIZED("uninitialized");

    private final String text;

    Role(String text) {
        this.text = text;
    }

    /** Reads a published role; the legacy {@code master} is {@link #PRIMARY}. */
    public static Optional<Role> parse(String text) {
        if (text.equals("master")) {
            return Optional.of(PRIMARY);
        }
        return Arrays.stream(values()).filter(r -> r.text.equals(text)).findFirst();
    }

    /** The published text. */
    @Override
    public String toString() {
        return text;
    }
}
