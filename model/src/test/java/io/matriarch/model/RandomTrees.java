package io.matriarch.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Random;

/** Small random documents over few names, so that two of them often have a key in common. */
public final class RandomTrees {

    private static final int DEPTH = 3;

    private final Random random;
    private final boolean nulls;

    /** @param nulls whether values may be null */
    public RandomTrees(long seed, boolean nulls) {
        this.random = new Random(seed);
        this.nulls = nulls;
    }

    /** Any tree: a name may bear a map in one and a scalar in another. */
    public JsonObject any() {
        return map(DEPTH, false);
    }

    /** A tree in which a name says what it bears: {@code m…} a map, anything else none. */
    public JsonObject shaped() {
        return map(DEPTH, true);
    }

    private JsonObject map(int depth, boolean shaped) {
        var map = new JsonObject();
        for (int i = random.nextInt(4); i > 0; i--) {
            boolean inner = depth > 0 && random.nextInt(3) == 0;
            String name = (shaped && inner ? "m" : "s") + random.nextInt(3);
            map.add(name, inner ? map(depth - 1, shaped) : scalar());
        }
        return map;
    }

    private JsonElement scalar() {
        return switch (random.nextInt(nulls ? 7 : 6)) {
            case 0 -> new JsonPrimitive(random.nextInt(3));
            case 1 -> new JsonPrimitive(Integer.toString(random.nextInt(3)));
            case 2 -> new JsonPrimitive(random.nextBoolean());
            case 3 -> new JsonPrimitive(random.nextInt(3) + 0.5);
            case 4 -> list();
            case 5 -> new JsonPrimitive("text " + random.nextInt(3));
            default -> JsonNull.INSTANCE;
        };
    }

    private JsonArray list() {
        var list = new JsonArray();
        for (int i = random.nextInt(3); i > 0; i--) {
            list.add(random.nextInt(3));
        }
        return list;
    }
}
