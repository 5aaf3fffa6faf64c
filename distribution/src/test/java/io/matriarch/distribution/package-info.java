/** Guards what no single module can see: who may use whom. Start with {@code DependencyDirectionTest}. */
@NullMarked
package io.matriarch.distribution;

import org.jspecify.annotations.NullMarked;
