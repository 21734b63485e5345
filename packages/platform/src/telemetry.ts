/**
 * The telemetry preload: `node --import @outlay/platform/telemetry src/main.ts`. It instruments http, express, grpc-js,
 * pg and ioredis before the application loads them; application code never imports it and sees only @opentelemetry/api.
 *
 * With OTEL_EXPORTER_OTLP_ENDPOINT the Node SDK runs and spans are exported as OTLP over protobuf; the standard OTEL_*
 * variables apply (OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER). Without it nothing is recorded, and only http and gRPC are
 * instrumented: that is what carries a trace id from the edge through every service into the logs, at little cost.
 */
import { register } from 'import-in-the-middle/register-hooks.mjs';
import { telemetryShutdownKey } from './lifecycle/telemetry-shutdown.ts';

const isExporting = Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
const instrumented = isExporting
  ? ['http', 'https', '@grpc/grpc-js', 'express', 'pg', 'pg-pool', 'ioredis']
  : ['http', 'https', '@grpc/grpc-js'];

// Hooks in the application's own thread, and for the named modules alone: a loader thread, or wrapping every module,
// would double the time that a service takes to start.
register({ include: instrumented });

const start = isExporting
  ? (await import('./telemetry/export-traces.ts')).exportTraces
  : (await import('./telemetry/propagate-traces.ts')).propagateTraces;

Reflect.set(globalThis, telemetryShutdownKey, start());
