package io.matriarch.ctl.load;

/** One host of a multi-host connection string. */
public record Endpoint(String name, String host, int port) {}
