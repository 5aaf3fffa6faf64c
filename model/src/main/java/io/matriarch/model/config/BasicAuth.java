package io.matriarch.model.config;

/** User and password of HTTP basic authentication; never printed. */
public record BasicAuth(String username, String password) {

    @Override
    public String toString() {
        return "BasicAuth[" + username + "]";
    }
}
