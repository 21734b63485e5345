import type { Message } from 'amqplib';
import type { OutgoingMessage } from './publisher.ts';

/** A message that was sent and waits for its confirm. */
export interface InFlightEntry {
  readonly key: string;
  isReturned: boolean;
}

/**
 * The messages that wait for their confirm. The broker returns what it cannot route before it confirms it, and names it
 * by nothing but what we sent: when the same message is under way twice, both count as returned.
 */
export interface InFlight {
  add(message: OutgoingMessage): InFlightEntry;
  remove(entry: InFlightEntry): void;
  markReturned(message: Message): void;
  /** Resolves when nothing waits any more. */
  settled(): Promise<void>;
}

export function createInFlight(): InFlight {
  const entries = new Map<string, Set<InFlightEntry>>();
  let idle = Promise.withResolvers<void>();
  return {
    add(message) {
      const key = keyOf(message.exchange, message.routingKey, message.properties.messageId);
      const entry = { key, isReturned: false };
      const same = entries.get(key);
      if (same === undefined) entries.set(key, new Set([entry]));
      else same.add(entry);
      return entry;
    },
    remove(entry) {
      const same = entries.get(entry.key);
      same?.delete(entry);
      if (same?.size === 0) entries.delete(entry.key);
      if (entries.size > 0) return;
      idle.resolve();
      idle = Promise.withResolvers();
    },
    markReturned({ fields, properties }) {
      const same = entries.get(keyOf(fields.exchange, fields.routingKey, properties.messageId));
      for (const entry of same ?? []) entry.isReturned = true;
    },
    settled: () => (entries.size === 0 ? Promise.resolve() : idle.promise),
  };
}

function keyOf(exchange: string, routingKey: string, messageId: string): string {
  return `${exchange}\n${routingKey}\n${messageId}`;
}
