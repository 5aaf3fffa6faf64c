package io.matriarch.ctl.operator;

/** For whom something is printed. */
enum OutputFormat {
    TEXT,
    JSON
}
