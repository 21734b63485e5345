import { randomUUID } from 'node:crypto';
import { context, propagation, type TextMapGetter, TraceFlags, trace } from '@opentelemetry/api';

/**
 * Runs the work that a request begins in the trace that its headers continue, or else in a new one, so that its logs, its
 * events and the calls that it makes can be found by it. Where instrumentation has begun a span already, there is nothing
 * left to do: without an exporter there is none, as it would cost a tenth of a small request and record nothing.
 */
export function runInTrace<Headers, T>(headers: Headers, read: ReadHeader<Headers>, work: () => T): T {
  const active = context.active();
  if (trace.getSpanContext(active) !== undefined) return work();
  const given =
    read(headers, 'traceparent') === undefined ? active : propagation.extract(active, headers, getter(read));
  const { traceId, spanId } = trace.getSpanContext(given) ?? newTrace();
  // Nothing is recorded here, whatever the sender does, and flags that nobody knows yet are not to be handed on.
  const spanContext = { ...trace.getSpanContext(given), traceId, spanId, traceFlags: TraceFlags.NONE };
  return context.with(trace.setSpanContext(given, spanContext), work);
}

/** One header of those that came; names are lower case. */
type ReadHeader<Headers> = (headers: Headers, name: string) => string | undefined;

const getter = <Headers>(read: ReadHeader<Headers>): TextMapGetter<Headers> => ({
  get: read,
  keys: () => [],
});

/** Ids as https://www.w3.org/TR/trace-context/ has them, of a trace that nobody records. */
function newTrace() {
  // Their digits, as the runtime keeps random bytes in stock for UUIDs and asks the system for any others.
  const digits = () => randomUUID().replaceAll('-', '');
  return { traceId: digits(), spanId: digits().slice(16) };
}
