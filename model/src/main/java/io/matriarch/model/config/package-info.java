/**
 * The local configuration of a node as typed records, and its composition with the dynamic configuration (contract
 * config.md). Start at {@link io.matriarch.model.config.LocalConfig}; reading files and the environment is the work of
 * the programs.
 */
@NullMarked
package io.matriarch.model.config;

import org.jspecify.annotations.NullMarked;
