package io.matriarch.agent.rest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What this process uses of its machine. Read from {@code /proc}: the JDK's management beans would cost a megabyte of
 * classes for the same numbers.
 *
 * @param residentBytes 0 where there is no {@code /proc}, as for threads and files
 */
record ProcessFacts(long heapUsed, long heapLimit, long residentBytes, long threads, long openFiles) {

    private static final Path SELF = Path.of("/proc/self");
    private static final long KIBIBYTE = 1024;

    static ProcessFacts now() {
        Runtime runtime = Runtime.getRuntime();
        long resident = 0;
        long threads = 0;
        long files = 0;
        try {
            for (String line : Files.readAllLines(SELF.resolve("status"))) {
                if (line.startsWith("VmRSS:")) {
                    resident = number(line) * KIBIBYTE;
                } else if (line.startsWith("Threads:")) {
                    threads = number(line);
                }
            }
            try (DirectoryStream<Path> open = Files.newDirectoryStream(SELF.resolve("fd"))) {
                for (Path _ : open) {
                    files++;
                }
            }
        } catch (IOException _) {
            // numbers that are not known stay 0
        }
        return new ProcessFacts(
                runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory(), resident, threads, files);
    }

    private static long number(String line) {
        long value = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c >= '0' && c <= '9') {
                value = value * 10 + (c - '0');
            }
        }
        return value;
    }
}
