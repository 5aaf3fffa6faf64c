package io.matriarch.agent.system;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Calls into the C library, with {@code errno}. Native access is allowed by the launcher. */
@SuppressWarnings("restricted")
public final class LibC {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERROR = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle MESSAGE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final long LONGEST_MESSAGE = 256;

    private LibC() {}

    /** A function whose first argument becomes the place for {@code errno}: see {@link #callState}. */
    public static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        var all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, all);
    }

    /** Room for {@code errno} of one call. */
    public static MemorySegment callState(Arena arena) {
        return arena.allocate(CALL_STATE);
    }

    /** What went wrong in a call, in the system's words. */
    public static IOException failure(String what, MemorySegment state) throws Throwable {
        var text = (MemorySegment) MESSAGE.invokeExact((int) ERROR.get(state, 0L));
        return new IOException(what + ": " + text.reinterpret(LONGEST_MESSAGE).getString(0));
    }

    /** What a call through a method handle may throw, as what it can be here. */
    public static IOException passed(Throwable e) {
        return switch (e) {
            case IOException io -> io;
            case Error error -> throw error;
            case RuntimeException unexpected -> throw unexpected;
            default -> throw new IllegalStateException(e);
        };
    }
}
