import type { Message } from 'amqplib';
import type { Envelope } from '../../envelope.ts';
import { deliveryLimit, type ParkedMessage } from '../bus.ts';
import type { OutgoingMessage } from './publisher.ts';
import { eventsExchange } from './topology.ts';

const attemptHeader = 'x-outlay-attempt';
const errorHeader = 'x-outlay-error';
const parkedAtHeader = 'x-outlay-parked-at';

/** An envelope as a message to the events exchange. */
export function toMessage(envelope: Envelope, mandatory: boolean): OutgoingMessage {
  return {
    exchange: eventsExchange,
    routingKey: envelope.type,
    content: Buffer.from(JSON.stringify(envelope)),
    properties: {
      messageId: envelope.id,
      type: envelope.type,
      contentType: 'application/cloudevents+json',
      persistent: true,
      mandatory,
    },
  };
}

/** A received message once more, on another way, with headers that replace those of the same name. */
export function toRepeated(
  message: Message,
  to: { exchange: string; routingKey: string },
  headers: Record<string, unknown>,
): OutgoingMessage {
  const { messageId, type, contentType, headers: before } = message.properties;
  return {
    ...to,
    content: message.content,
    properties: {
      messageId: messageId ?? '',
      type,
      contentType,
      persistent: true,
      mandatory: true,
      headers: { ...withoutBrokerHeaders(before), ...headers },
    },
  };
}

export const retryHeaders = (attempt: number, error: string) => ({ [attemptHeader]: attempt, [errorHeader]: error });

export const parkedHeaders = (attempts: number, error: string, now: Date) => ({
  [attemptHeader]: attempts,
  [errorHeader]: error,
  [parkedAtHeader]: now.toISOString(),
});

/** Which delivery this is, by our own count: the broker's also counts crashes and lost connections. */
export function attemptOf(message: Message): number {
  const attempt = message.properties.headers?.[attemptHeader];
  return typeof attempt === 'number' && attempt > 0 ? attempt : 1;
}

/** How often the broker has delivered this copy before without hearing of its outcome. */
export function redeliveriesOf(message: Message): number {
  const count = message.properties.headers?.['x-delivery-count'];
  return typeof count === 'number' ? count : 0;
}

/** The message's JSON. What is no JSON is answered as text: whoever expects an envelope will find that it is none. */
export function readBody(message: Message): unknown {
  const text = message.content.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function toParked(message: Message): ParkedMessage {
  const headers = message.properties.headers ?? {};
  const parkedAt = headers[parkedAtHeader];
  return {
    body: readBody(message),
    // Without an error of ours it was the broker who parked it, as the last guard.
    error: String(headers[errorHeader] ?? `delivered ${deliveryLimit} times without an outcome`),
    attempts: attemptOf(message),
    parkedAt: typeof parkedAt === 'string' ? new Date(parkedAt) : undefined,
  };
}

/** The broker's own notes on dead-lettering and delivery belong to the copy they were made for. */
function withoutBrokerHeaders(headers: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.startsWith('x-outlay-')));
}
