package io.matriarch.bench;

/** An empty program: what a JVM costs before it does anything. */
final class Nothing {

    private Nothing() {}

    public static void main(String[] arguments) {}
}
