package io.matriarch.agent;

import io.matriarch.config.ConfigSource;

/** The daemon: {@code patroni CONFIG}. */
public final class Main {

    private Main() {}

    public static void main(String[] args) throws InterruptedException {
        int code = new Agent().run(ConfigSource.of(args.length == 0 ? null : args[0], System.getenv()));
        System.exit(code);
    }
}
