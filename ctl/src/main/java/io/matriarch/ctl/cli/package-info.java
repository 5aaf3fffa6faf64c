/**
 * What every command-line tool needs and no library gives in the form that the contract asks for: a syntax built by hand
 * over picocli, prompts, tables, differences of texts, and the failures that end a tool. Knows nothing of clusters.
 */
@NullMarked
package io.matriarch.ctl.cli;

import org.jspecify.annotations.NullMarked;
