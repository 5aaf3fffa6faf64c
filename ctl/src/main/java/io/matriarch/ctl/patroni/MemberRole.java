package io.matriarch.ctl.patroni;

import io.matriarch.model.ClusterView;
import io.matriarch.model.Member;
import io.matriarch.model.Role;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which members {@code --role} selects (contract ctl.md 3, "Role selection"). */
enum MemberRole {
    LEADER("leader"),
    PRIMARY("primary"),
    STANDBY_LEADER("standby-leader"),
    REPLICA("replica"),
    STANDBY("standby"),
    ANY("any");

    static final List<String> WORDS = List.of("leader", "primary", "standby-leader", "replica", "standby", "any");

    private final String word;

    MemberRole(String word) {
        this.word = word;
    }

    static @Nullable MemberRole of(@Nullable String word) {
        for (MemberRole role : values()) {
            if (role.word.equals(word)) {
                return role;
            }
        }
        return null;
    }

    boolean matches(Member member, ClusterView view) {
        boolean leads = view.isLeader(member.name());
        Role published = member.role().orElse(null);
        return switch (this) {
            case LEADER -> leads;
            case PRIMARY -> leads && published != Role.STANDBY_LEADER;
            case STANDBY_LEADER -> leads && published != Role.PRIMARY;
            case REPLICA, STANDBY -> !leads;
            case ANY -> true;
        };
    }

    /** The matching members, sorted by name. */
    List<Member> select(ClusterView view) {
        var selected = new ArrayList<Member>();
        for (Member member : view.members().values()) {
            if (matches(member, view)) {
                selected.add(member);
            }
        }
        return selected;
    }

    @Override
    public String toString() {
        return word;
    }
}
