/** Those who use the cluster: programs that write rows, and what they were told about them. */
@NullMarked
package io.matriarch.simulator.clients;

import org.jspecify.annotations.NullMarked;
