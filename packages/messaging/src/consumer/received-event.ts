import { events as catalogue, type EventData, type EventName } from '@outlay/contracts';
import { systemContext, type TenantContext, type TenantId, toTenantId } from '@outlay/platform';
import { type Envelope, envelopeSchema } from '../envelope.ts';
import type { EventOrigin } from '../outbox/outgoing-event.ts';

/** An event as a handler gets it: checked, and with typed data. */
export type ReceivedEvent<N extends EventName = EventName> = {
  [K in N]: {
    /** The same in every repetition. */
    readonly id: string;
    readonly type: K;
    readonly tenantId: TenantId;
    /** The id of the aggregate. */
    readonly subject: string;
    /** The aggregate's version: what is not newer than what a projection has seen is old news. */
    readonly aggregateVersion: number;
    /** When the event was written. */
    readonly time: Date;
    readonly data: EventData<K>;
    /** What everything goes back to; it stands for the request in whatever the event brings about. */
    readonly requestId: string;
    readonly causationId: string | undefined;
    /** The trace of the command. */
    readonly traceparent: string | undefined;
  };
}[N];

/** A message that no repetition can make acceptable. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
}

/** Reads a message's JSON as an event. Throws InvalidMessageError when it is none, or none of the expected types. */
export function parseEvent<N extends EventName>(body: unknown, expected: readonly N[]): ReceivedEvent<N> {
  const parsed = envelopeSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new InvalidMessageError(`Not an event: ${issue?.path.join('.') || 'message'} ${issue?.message ?? ''}`);
  }
  const envelope: Envelope = parsed.data;
  const type = expected.find((candidate) => candidate === envelope.type);
  if (type === undefined) throw new InvalidMessageError(`This queue does not expect ${envelope.type}`);
  // `type` and `data` belong together by the catalogue, which TypeScript cannot follow through the lookup.
  return {
    id: envelope.id.toLowerCase(),
    type,
    tenantId: toTenantId(envelope.tenantid),
    subject: envelope.subject,
    aggregateVersion: envelope.aggregateversion,
    time: new Date(envelope.time),
    data: parseData(type, envelope.data),
    requestId: envelope.correlationid,
    causationId: envelope.causationid,
    traceparent: envelope.traceparent,
  } as ReceivedEvent<N>;
}

function parseData(type: EventName, data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new InvalidMessageError(`The data of ${type} is not an object`);
  }
  try {
    return catalogue[type].codec.fromJSON(data);
  } catch (error) {
    throw new InvalidMessageError(`The data of ${type} cannot be read`, { cause: error });
  }
}

/** Where events come from that are enqueued while this one is handled. */
export function originOf(event: Pick<ReceivedEvent, 'id' | 'requestId'>): EventOrigin {
  return { requestId: event.requestId, causationId: event.id };
}

/** The context for use cases that are called while an event is handled; it serves as the origin of their events too. */
export function contextOf(event: Pick<ReceivedEvent, 'id' | 'requestId' | 'tenantId'>): TenantContext & EventOrigin {
  return { ...systemContext(event.tenantId, event.requestId), ...originOf(event) };
}
