import { Gauge, Histogram } from 'prom-client';
import { metrics } from '../operations/metrics.ts';

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Rate, errors and duration of the RPCs this process answers. `code` is the error's code, or `ok`. */
export const serverDuration = new Histogram({
  name: 'outlay_grpc_server_duration_seconds',
  help: 'Duration of answered RPCs by method and outcome.',
  labelNames: ['method', 'kind'],
  buckets,
  registers: [metrics],
});

/** RPCs being worked on. */
export const serverInFlight = new Gauge({
  name: 'outlay_grpc_server_in_flight',
  help: 'RPCs being worked on.',
  registers: [metrics],
});

/** Rate, errors and duration of the RPCs this process calls, tries counted one by one. */
export const clientDuration = new Histogram({
  name: 'outlay_grpc_client_duration_seconds',
  help: 'Duration of called RPCs by method and outcome.',
  labelNames: ['method', 'kind'],
  buckets,
  registers: [metrics],
});
