import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { register } from 'import-in-the-middle/register-hooks.mjs';

const probePaths = new Set(['/healthz', '/readyz', '/metrics']);

/** Starts the Node SDK with every instrumentation and the OTLP exporter; answers how to flush and stop it. */
export function exportTraces(): () => Promise<void> {
  // Hooks in the application's own thread, and for the named modules alone: a loader thread, or wrapping every module,
  // would double the time that a service takes to start.
  register({ include: ['http', 'https', '@grpc/grpc-js', 'express', 'pg', 'pg-pool', 'ioredis'] });
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter(),
    // Metrics are scraped from /metrics and logs are read from standard output.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      // Probes and health checks make no traces.
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => probePaths.has(request.url ?? ''),
        requireParentforOutgoingSpans: true,
      }),
      new GrpcInstrumentation({ ignoreGrpcMethods: [/grpc\.health\.v1\.Health/] }),
      new ExpressInstrumentation(),
      // Statements without a parent are polling: a relay's, a job queue's.
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  return () => sdk.shutdown();
}
