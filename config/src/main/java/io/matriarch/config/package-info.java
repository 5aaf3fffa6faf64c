/**
 * Where the local configuration comes from: a file, a directory of files, or the environment (contract config.md 1.1).
 * Start at {@link io.matriarch.config.ConfigSource}. What the keys mean is the business of the model.
 */
@NullMarked
package io.matriarch.config;

import org.jspecify.annotations.NullMarked;
