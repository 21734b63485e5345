import type { IncomingMessage } from 'node:http';
import { trace } from '@opentelemetry/api';
import type { Actor } from '@outlay/platform';

/** What is known of a request from its first byte to its last, for logs and answers. */
export interface Exchange {
  requestId: string;
  /** What a client calls the undertaking that this request is part of; the request's id where it says nothing. */
  correlationId: string;
  startedAt: number;
  /** Epoch milliseconds. */
  deadlineAt: number;
  /** The route's template: paths with ids in them would be a metric each. */
  route: string;
  /** Probes and documents are not worth a line each. */
  isQuiet: boolean;
  actorKind: Actor['kind'];
  actorId: string | undefined;
  tenantId: string | undefined;
  problemCode: string | undefined;
  /** Why an answer that had begun was cut: the status it would have had. */
  cutStatus: number | undefined;
}

declare module 'node:http' {
  interface IncomingMessage {
    exchange?: Exchange;
  }
}

export function exchangeOf(request: IncomingMessage): Exchange {
  if (!request.exchange) throw new Error('The edge has not seen this request');
  return request.exchange;
}

/** The trace that the request belongs to; where tracing is off, its request id leads to its log lines as well. */
export function traceIdOf(request: IncomingMessage): string {
  return trace.getActiveSpan()?.spanContext().traceId ?? request.exchange?.requestId ?? '';
}
