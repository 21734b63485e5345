import { propagation, context as telemetryContext } from '@opentelemetry/api';
import { z } from 'zod';

/**
 * An event as it travels: a structured CloudEvents 1.0 envelope (cloudevents/spec v1.0.2) whose `data` is ProtoJSON.
 * Extension attributes have lower-case names without separators, as the specification demands.
 */
export interface Envelope {
  specversion: '1.0';
  /** The id of the outbox row (UUIDv7): consumers recognise a repetition by it. */
  id: string;
  /** The service that published it, as `/outlay/<service>`. */
  source: string;
  /** The event's name in the catalogue, which is its routing key too. */
  type: string;
  /** The id of the aggregate. */
  subject: string;
  /** When it was written to the outbox, RFC 3339 in UTC. */
  time: string;
  datacontenttype: 'application/json';
  tenantid: string;
  /** The version of the aggregate this event brought about; with `subject` it tells what is newer. */
  aggregateversion: number;
  /** W3C trace context of the command. */
  traceparent?: string;
  /** What everything goes back to: what the client called it, or the request. */
  correlationid: string;
  /** The event whose consumer caused this one. */
  causationid?: string;
  data: unknown;
}

/** Refuses what is no envelope of ours. Attributes it does not know are dropped, so that publishers may add some. */
export const envelopeSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  subject: z.string().min(1).max(200),
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json'),
  tenantid: z.uuid(),
  aggregateversion: z.int().nonnegative(),
  traceparent: z.string().max(200).optional(),
  correlationid: z.string().min(1).max(200),
  causationid: z.string().max(200).optional(),
  data: z.unknown(),
});

/** The `traceparent` of the active span, if there is one. */
export function activeTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(telemetryContext.active(), carrier);
  return carrier.traceparent;
}
