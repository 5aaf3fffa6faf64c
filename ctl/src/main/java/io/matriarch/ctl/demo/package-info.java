/**
 * {@code matriarch demo}: a cluster of three on one machine, to look at and to break. Start reading at
 * {@code DemoCommand}; {@code Tour} is the same without a person. Nodes are processes started through the launchers, and
 * everything that is shown comes from their REST API, their logs and SQL: nothing here knows the agent's classes.
 */
@NullMarked
package io.matriarch.ctl.demo;

import org.jspecify.annotations.NullMarked;
