package io.matriarch.model.config;

/**
 * An address as {@code host:port}; an IPv6 host is kept without brackets.
 *
 * @param host may be empty or {@code *} where the contract allows it
 */
public record HostPort(String host, int port) {

    /** The written form, IPv6 in brackets. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
