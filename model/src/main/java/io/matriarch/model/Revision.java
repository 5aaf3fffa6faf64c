package io.matriarch.model;

/** The version of a key as its store counts it; {@link #NONE} when the key does not exist. */
public record Revision(long value) {

    public static final Revision NONE = new Revision(0);

    public boolean exists() {
        return value != 0;
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
