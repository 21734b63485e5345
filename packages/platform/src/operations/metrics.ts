import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

/** The process's one metrics registry, served at /metrics. Give it as `registers: [metrics]` to each instrument. */
export const metrics = new Registry();

let collectsDefaults = false;

/** Adds the metrics of the process itself (CPU, memory, event loop, garbage collection). Once is enough. */
export function collectProcessMetrics(): void {
  if (collectsDefaults) return;
  collectsDefaults = true;
  collectDefaultMetrics({ register: metrics });
}
