package io.matriarch.model;

/**
 * The version that the member key, the REST API and the command lines show. Members, clients and scripts compare it to
 * learn which behaviour to expect, so it is Patroni's that we follow (contract README, "Versions").
 */
public final class PublishedVersion {

    public static final String TEXT = "4.1.4";

    private PublishedVersion() {}
}
