import type { Channel } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import { deliveryLimit } from '../bus.ts';

/** The topic exchange that every event is published to, with its type as the routing key. */
export const eventsExchange = 'outlay.events';

/** Where messages wait out one step of a queue's back-off. The wait is part of the name: a queue's arguments cannot change. */
export function retryQueue(queue: QueueDefinition, delayMs: number): string {
  return `${queue.name}.retry.${delayMs}`;
}

/** Where a queue's messages are set aside. */
export function parkedQueue(queue: QueueDefinition): string {
  return `${queue.name}.parked`;
}

/**
 * Declares all that the bus consists of. Publishers and consumers both do so, whenever they open a channel: whoever
 * comes first, no event is published before the queues it belongs in exist, and what was deleted comes back.
 */
export async function declareTopology(channel: Channel, queues: readonly QueueDefinition[]): Promise<void> {
  await channel.assertExchange(eventsExchange, 'topic', { durable: true });
  for (const queue of queues) await declareQueue(channel, queue);
}

async function declareQueue(channel: Channel, queue: QueueDefinition): Promise<void> {
  // A limit of its own, as RabbitMQ 4 would drop a message that was looked at 20 times. -1 is unknown to 3.10.
  await channel.assertQueue(parkedQueue(queue), quorum({ 'x-delivery-limit': 2 ** 31 - 1 }));
  for (const delayMs of new Set(queue.backoffMs)) {
    // At least once, or a broker that dies between expiry and arrival would lose the message. It asks for reject-publish.
    await channel.assertQueue(
      retryQueue(queue, delayMs),
      quorum({
        'x-message-ttl': delayMs,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': queue.name,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      }),
    );
  }
  await channel.assertQueue(
    queue.name,
    quorum({
      'x-delivery-limit': deliveryLimit,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': parkedQueue(queue),
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    }),
  );
  for (const eventType of queue.events) await channel.bindQueue(queue.name, eventsExchange, eventType);
}

function quorum(args: Record<string, unknown>) {
  return { durable: true, arguments: { 'x-queue-type': 'quorum', ...args } };
}
