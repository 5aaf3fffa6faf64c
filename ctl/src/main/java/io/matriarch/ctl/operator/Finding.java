package io.matriarch.ctl.operator;

/**
 * One thing that {@code doctor} looked at.
 *
 * @param area what it belongs to, for instance {@code store}
 * @param text what was found, with the measured value
 * @param remedy what to do; empty when nothing is to be done
 */
record Finding(Severity severity, String area, String text, String remedy) {

    /** How bad it is, the worst last. */
    enum Severity {
        OK,
        NOTICE,
        WARNING,
        ERROR
    }

    static Finding ok(String area, String text) {
        return new Finding(Severity.OK, area, text, "");
    }

    static Finding notice(String area, String text, String remedy) {
        return new Finding(Severity.NOTICE, area, text, remedy);
    }

    static Finding warning(String area, String text, String remedy) {
        return new Finding(Severity.WARNING, area, text, remedy);
    }

    static Finding error(String area, String text, String remedy) {
        return new Finding(Severity.ERROR, area, text, remedy);
    }
}
