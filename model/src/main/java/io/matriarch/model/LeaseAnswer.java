package io.matriarch.model;

import com.google.gson.JsonObject;

/**
 * What a member answers to {@code POST /lease} (decision 0016).
 *
 * @param given it promises, or votes
 * @param resigned it does not lead, and will not before it has the lock again
 * @param reason why it does not; for people
 */
public record LeaseAnswer(boolean given, boolean resigned, String reason) {

    public static final LeaseAnswer GIVEN = new LeaseAnswer(true, false, "");

    public static LeaseAnswer refused(String reason) {
        return new LeaseAnswer(false, false, reason);
    }

    public LeaseAnswer withResigned(boolean hasResigned) {
        return new LeaseAnswer(given, hasResigned, reason);
    }

    /** What cannot be read is a refusal. */
    public static LeaseAnswer parse(String body) {
        JsonObject o = Json.parseObject(body).orElseGet(JsonObject::new);
        return new LeaseAnswer(
                Json.bool(o, "given").orElse(false),
                Json.bool(o, "resigned").orElse(false),
                Json.string(o, "reason").orElse(""));
    }

    public String toJson() {
        var o = new JsonObject();
        o.addProperty("given", given);
        o.addProperty("resigned", resigned);
        if (!reason.isEmpty()) {
            o.addProperty("reason", reason);
        }
        return Json.compact(o);
    }
}
