import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { propagatingInstrumentations } from './instrumentations.ts';

/** Starts the Node SDK with every instrumentation and the OTLP exporter; answers how to flush and stop it. */
export function exportTraces(): () => Promise<void> {
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter(),
    // Metrics are scraped from /metrics and logs are read from standard output.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      ...propagatingInstrumentations(),
      new ExpressInstrumentation(),
      // Statements without a parent are polling: a relay's, a job queue's.
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new IORedisInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  return () => sdk.shutdown();
}
