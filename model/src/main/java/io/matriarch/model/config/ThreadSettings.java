package io.matriarch.model.config;

import com.google.gson.JsonElement;
import io.matriarch.model.Coercion;
import io.matriarch.model.Unit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code thread_pool_size} and {@code thread_stack_size} (contract config.md 2.1). They are checked and announced as
 * existing files expect; virtual threads need neither a pool nor a stack of a given size.
 *
 * @param poolSize at least 5
 * @param notices lines for the start of the agent
 */
public record ThreadSettings(int poolSize, List<Notice> notices) {

    private static final int SMALLEST_POOL = 5;
    private static final int DEFAULT_STACK_BYTES = 524_288;
    private static final int SMALLEST_STACK_BYTES = 65_536;

    public ThreadSettings {
        notices = List.copyOf(notices);
    }

    public static ThreadSettings of(LocalConfig local) {
        var top = new Section("", local.document());
        var notices = new ArrayList<Notice>();
        long size = top.integer("thread_pool_size", Unit.NONE, SMALLEST_POOL);
        boolean readable = isReadable(top.element("thread_pool_size"), Unit.NONE);
        if (!readable || size < SMALLEST_POOL || size > Integer.MAX_VALUE) {
            notices.add(Notice.warning(
                    "thread_pool_size: expected an integer of at least " + SMALLEST_POOL + ", using it"));
            size = SMALLEST_POOL;
        }
        notices.add(Notice.info("Patroni global thread_pool_size = " + size));
        JsonElement stack = top.element("thread_stack_size");
        if (stack == null) {
            notices.add(Notice.info("Using default value thread_stack_size = " + DEFAULT_STACK_BYTES));
        } else if (!isReadable(stack, Unit.BYTES)
                || top.integer("thread_stack_size", Unit.BYTES, 0) < SMALLEST_STACK_BYTES) {
            notices.add(Notice.warning("thread_stack_size: expected at least " + SMALLEST_STACK_BYTES
                    + " bytes. Using default value thread_stack_size = " + DEFAULT_STACK_BYTES));
        }
        return new ThreadSettings((int) size, notices);
    }

    private static boolean isReadable(@Nullable JsonElement value, Unit unit) {
        return value == null || Coercion.integer(value, unit).isPresent();
    }
}
