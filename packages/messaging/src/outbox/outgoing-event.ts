import type { EventData, EventName } from '@outlay/contracts';
import { events as catalogue } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { activeTraceparent, type Envelope } from '../envelope.ts';

/** A fact that a command has brought about, before it has an id. */
export type OutgoingEvent<N extends EventName = EventName> = {
  [K in N]: {
    readonly type: K;
    readonly tenantId: string;
    /** The id of the aggregate that changed. */
    readonly subject: string;
    /** The version the aggregate has now. Versions of one aggregate are published in the order they were written. */
    readonly aggregateVersion: number | bigint;
    readonly data: EventData<K>;
  };
}[N];

/** Where an event comes from: the request, and the event that was being handled if there is one. */
export interface EventOrigin {
  readonly requestId: string;
  /** What the client calls all that belongs together; the request stands for itself without. */
  readonly correlationId?: string | undefined;
  readonly causationId?: string;
}

/** One row of the table outbox, in the shape of statement parameters. */
export interface OutboxRow {
  readonly tenantId: string;
  readonly id: string;
  /** ISO 8601 with milliseconds; equals `time` in the envelope. */
  readonly recordedAt: string;
  readonly type: string;
  readonly subject: string;
  readonly aggregateVersion: number;
  /** The envelope as JSON text. */
  readonly envelope: string;
}

/**
 * Makes the outbox row of an event: gives it its id and its envelope, with the trace of the active span. For
 * statements that insert the row themselves; everything else calls `enqueueEvents`.
 */
export function toOutboxRow(origin: EventOrigin, event: OutgoingEvent, now = new Date()): OutboxRow {
  const definition = catalogue[event.type];
  const aggregateVersion = Number(event.aggregateVersion);
  const envelope: Envelope = {
    specversion: '1.0',
    id: newId(),
    source: `/outlay/${definition.owner}`,
    type: event.type,
    subject: event.subject,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    tenantid: event.tenantId,
    aggregateversion: aggregateVersion,
    traceparent: activeTraceparent(),
    correlationid: origin.correlationId ?? origin.requestId,
    causationid: origin.causationId,
    data: toJson(definition.codec, event.data),
  };
  return {
    tenantId: event.tenantId,
    id: envelope.id,
    recordedAt: envelope.time,
    type: event.type,
    subject: event.subject,
    aggregateVersion,
    envelope: JSON.stringify(envelope),
  };
}

/** `type` and `data` belong together by the type of OutgoingEvent, which TypeScript cannot follow through the lookup. */
function toJson(codec: { toJSON(message: never): unknown }, data: unknown): unknown {
  return codec.toJSON(data as never);
}
