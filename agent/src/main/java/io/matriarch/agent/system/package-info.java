/** Functions of the operating system that the JDK does not offer, and the service manager. Start at {@code LibC}. */
@NullMarked
package io.matriarch.agent.system;

import org.jspecify.annotations.NullMarked;
