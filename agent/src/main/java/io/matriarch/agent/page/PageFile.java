package io.matriarch.agent.page;

/**
 * A file of the page.
 *
 * @param type for the header {@code Content-Type}
 * @param tag its entity tag, in quotes; changes with the content
 */
public record PageFile(String type, String content, String tag) {}
