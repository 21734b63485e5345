import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { newTenant } from '@outlay/testkit';
import { inConsumerSpan } from '../../src/consumer/consumer-span.ts';
import { categoryCreated, envelopeOf } from './events.ts';

describe('the trace of an event', () => {
  const ended: ReadableSpan[] = [];

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const remember = {
      onStart: () => undefined,
      onEnd: (span: ReadableSpan) => void ended.push(span),
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
    };
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [remember] }));
  });
  afterAll(() => {
    trace.disable();
    propagation.disable();
    context.disable();
  });

  /** An event enqueued by a command, and the span of that command. */
  const enqueueInSpan = () =>
    trace.getTracer('test').startActiveSpan('command', (command: Span) => {
      const event = envelopeOf(categoryCreated(newTenant().tenantId));
      command.end();
      return { traceparent: event.traceparent, command: command.spanContext() };
    });

  it('goes on in the consumer of a single event', async () => {
    const { traceparent, command } = enqueueInSpan();

    const inner = await inConsumerSpan('test.queue', [{ traceparent }], async () =>
      trace.getActiveSpan()?.spanContext(),
    );

    const span = ended.find((each) => each.name === 'process test.queue');
    expect(inner?.traceId).toBe(command.traceId);
    expect(span?.parentSpanContext?.spanId).toBe(command.spanId);
    expect(span?.kind).toBe(SpanKind.CONSUMER);
    expect(span?.links.map((link) => link.context.spanId)).toEqual([command.spanId]);
  });

  it('is linked to the trace of its own that a batch has', async () => {
    const events = [enqueueInSpan(), enqueueInSpan()];

    await inConsumerSpan('test.batch', [...events, { traceparent: undefined }], async () => undefined);

    const span = ended.find((each) => each.name === 'process test.batch');
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.links.map((link) => link.context.traceId)).toEqual(events.map(({ command }) => command.traceId));
    expect(span?.attributes['messaging.batch.message_count']).toBe(3);
  });

  it('shows a failure', async () => {
    await expect(
      inConsumerSpan('test.failure', [], async () => {
        throw new Error('no luck');
      }),
    ).rejects.toThrow('no luck');

    const span = ended.find((each) => each.name === 'process test.failure');
    expect(span?.events.map((event) => event.name)).toEqual(['exception']);
  });
});
