import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

const probePaths = new Set(['/healthz', '/readyz', '/metrics']);

/** The instrumentations that carry a trace from process to process. Probes and health checks make no traces. */
export function propagatingInstrumentations() {
  return [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: (request) => probePaths.has(request.url ?? ''),
      requireParentforOutgoingSpans: true,
    }),
    new GrpcInstrumentation({ ignoreGrpcMethods: [/grpc\.health\.v1\.Health/] }),
  ];
}
