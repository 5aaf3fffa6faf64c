package io.matriarch.agent;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * What signals do (contract watchdog-and-process.md 2.1). The JVM's own answer to TERM and INT, shutdown hooks and an exit
 * code that names the signal, does not fit: the loop must end in an orderly way and the process with 0. The JDK offers
 * handlers only in {@code sun.misc}, which the compiler rejects; hence by name.
 */
final class Signals {

    private Signals() {}

    /** Calls {@code action} on a thread of the JVM for each of these signals from now on. */
    static void on(Runnable action, String... names) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler call = (_, method, _) -> {
                if (method.getName().equals("handle")) {
                    action.run();
                }
                return null;
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, call);
            for (String name : names) {
                Object number = signal.getConstructor(String.class).newInstance(name);
                signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK has no signal handlers: jdk.unsupported is missing", e);
        }
    }
}
