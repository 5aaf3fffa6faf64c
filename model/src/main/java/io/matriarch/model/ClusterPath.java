package io.matriarch.model;

/** Where a cluster lives in the store: {@code /<namespace>/<scope>}, repeated slashes collapsed. */
public record ClusterPath(String base) {

    public static ClusterPath of(String namespace, String scope) {
        return new ClusterPath(
                ("/" + namespace + "/" + scope).replaceAll("/+", "/").replaceAll("/$", ""));
    }

    public String leader() {
        return base + "/leader";
    }

    public String members() {
        return base + "/members";
    }

    public String member(String name) {
        return base + "/members/" + name;
    }

    public String key(Key key) {
        return base + "/" + key.path();
    }

    /** The prefix of all keys of the cluster, with the trailing slash. */
    public String prefix() {
        return base + "/";
    }
}
