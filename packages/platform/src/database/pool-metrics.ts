import { Gauge } from 'prom-client';
import { metrics } from '../operations/metrics.ts';

type PoolStats = () => { total: number; idle: number; waiting: number };

const pools = new Map<PoolStats, string>();

new Gauge({
  name: 'outlay_database_pool_connections',
  help: 'Connections of the pool by state, and callers that wait for one.',
  labelNames: ['pool', 'state'],
  registers: [metrics],
  collect() {
    this.reset();
    for (const [stats, pool] of pools) {
      const { total, idle, waiting } = stats();
      this.inc({ pool, state: 'active' }, total - idle);
      this.inc({ pool, state: 'idle' }, idle);
      this.inc({ pool, state: 'waiting' }, waiting);
    }
  },
});

/** Shows a pool in the metrics until the answer is called. */
export function watchPool(name: string, stats: PoolStats): () => void {
  pools.set(stats, name);
  return () => {
    pools.delete(stats);
  };
}
