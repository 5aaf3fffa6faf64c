package io.matriarch.agent.watchdog;

import io.matriarch.agent.system.LibC;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A file descriptor of Linux. The JDK's own files have no {@code ioctl}, and their opening of a pipe waits for a reader.
 */
final class NativeFile {

    private static final int WRITE_ONLY = 1;
    private static final int NOT_BLOCKING = 0x800;
    /** PostgreSQL and scripts must not inherit it. */
    private static final int CLOSE_ON_EXEC = 0x80000;

    private static final MethodHandle OPEN = LibC.function(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle WRITE = LibC.function(
            "write",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private static final MethodHandle CLOSE =
            LibC.function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CONTROL = LibC.function(
            "ioctl",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private final int descriptor;
    private final Path path;

    private NativeFile(int descriptor, Path path) {
        this.descriptor = descriptor;
        this.path = path;
    }

    /** @param impatient fail instead of waiting, for instance for the reader of a pipe */
    static NativeFile openForWriting(Path path, boolean impatient) throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = LibC.callState(arena);
            MemorySegment name = arena.allocateFrom(path.toString());
            int flags = WRITE_ONLY | CLOSE_ON_EXEC | (impatient ? NOT_BLOCKING : 0);
            int descriptor = (int) OPEN.invokeExact(state, name, flags);
            if (descriptor < 0) {
                throw LibC.failure("open " + path, state);
            }
            return new NativeFile(descriptor, path);
        } catch (Throwable e) {
            throw LibC.passed(e);
        }
    }

    /** All of it, or an error. */
    void write(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = LibC.callState(arena);
            MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            long written = (long) WRITE.invokeExact(state, descriptor, data, (long) bytes.length);
            if (written < 0) {
                throw LibC.failure("write " + path, state);
            }
            if (written < bytes.length) {
                throw new IOException("only " + written + " of " + bytes.length + " bytes were written to " + path);
            }
        } catch (Throwable e) {
            throw LibC.passed(e);
        }
    }

    void control(long request, MemorySegment argument) throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = LibC.callState(arena);
            int result = (int) CONTROL.invokeExact(state, descriptor, request, argument);
            if (result < 0) {
                throw LibC.failure("ioctl " + path, state);
            }
        } catch (Throwable e) {
            throw LibC.passed(e);
        }
    }

    void close() throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = LibC.callState(arena);
            int result = (int) CLOSE.invokeExact(state, descriptor);
            if (result < 0) {
                throw LibC.failure("close " + path, state);
            }
        } catch (Throwable e) {
            throw LibC.passed(e);
        }
    }
}
