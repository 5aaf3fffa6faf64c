/**
 * An etcd cluster in one world: its members with what each of them has applied, their leader, the leases. It speaks the
 * JSON gateway's language, so that the production client runs against it as it is. Start at
 * {@link io.matriarch.simulator.etcd.EtcdCluster}.
 */
@NullMarked
package io.matriarch.simulator.etcd;

import org.jspecify.annotations.NullMarked;
