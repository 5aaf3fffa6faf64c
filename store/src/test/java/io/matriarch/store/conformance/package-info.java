/**
 * What every store must do, as one abstract test: {@link io.matriarch.store.conformance.StoreConformance}. The twin and
 * the real stores extend it. {@link io.matriarch.store.conformance.DroppingProxy} makes connections ill.
 */
@NullMarked
package io.matriarch.store.conformance;

import org.jspecify.annotations.NullMarked;
