package io.matriarch.postgres;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, for people: the library's exceptions say it by the name of their class. */
final class FileTrouble {

    private static final String UNNAMED = "?";

    private FileTrouble() {}

    /** The user that this process runs as; the JDK knows no name for one without an entry in the list of users. */
    static String user() {
        String name = System.getProperty("user.name", UNNAMED);
        return name.equals(UNNAMED) ? "of the agent" : name;
    }

    static String describe(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case NoSuchFileException missing -> missing.getFile() + ": does not exist";
            case FileAlreadyExistsException exists -> exists.getFile() + ": exists and is no directory";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
