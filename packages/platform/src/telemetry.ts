/**
 * The telemetry preload: `node --import @outlay/platform/telemetry src/main.ts`. Application code never imports it and sees
 * only @opentelemetry/api.
 *
 * With OTEL_EXPORTER_OTLP_ENDPOINT the Node SDK instruments http, express, grpc-js, pg and ioredis before the application
 * loads them, and exports spans as OTLP over protobuf; the standard OTEL_* variables apply (OTEL_SERVICE_NAME,
 * OTEL_TRACES_SAMPLER). Without it nothing is instrumented or recorded: context/trace-scope.ts carries a trace id from the
 * edge through every service into the logs, at little cost.
 */
import { telemetryShutdownKey } from './lifecycle/telemetry-shutdown.ts';

const start = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  ? (await import('./telemetry/export-traces.ts')).exportTraces
  : (await import('./telemetry/propagate-traces.ts')).propagateTraces;

Reflect.set(globalThis, telemetryShutdownKey, start());
