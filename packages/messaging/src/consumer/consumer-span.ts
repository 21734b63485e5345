import {
  type Context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { ReceivedEvent } from './received-event.ts';

const tracer = trace.getTracer('@outlay/messaging');

/**
 * Runs work in a span that is linked to the commands behind the events. For a single event the span also continues the
 * command's trace, so that a request can be followed to its last effect; a batch has many origins and a trace of its own.
 */
export async function inConsumerSpan<T>(
  queueName: string,
  events: readonly Pick<ReceivedEvent, 'traceparent'>[],
  work: () => Promise<T>,
): Promise<T> {
  const contexts = events.map((event) => contextFrom(event.traceparent));
  const parent = contexts.length === 1 ? contexts[0] : undefined;
  const options = {
    kind: SpanKind.CONSUMER,
    links: contexts.flatMap(linkTo),
    attributes: {
      'messaging.system': 'outlay',
      'messaging.operation.type': 'process',
      'messaging.destination.name': queueName,
      'messaging.batch.message_count': events.length,
    },
  };
  return tracer.startActiveSpan(`process ${queueName}`, options, parent ?? ROOT_CONTEXT, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

function contextFrom(traceparent: string | undefined): Context | undefined {
  return traceparent === undefined ? undefined : propagation.extract(ROOT_CONTEXT, { traceparent });
}

function linkTo(context: Context | undefined): Link[] {
  const spanContext = context && trace.getSpanContext(context);
  return spanContext === undefined ? [] : [{ context: spanContext }];
}
