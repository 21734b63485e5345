import type { Channel } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import { deliveryLimit } from '../bus.ts';

/** The topic exchange that every event is published to, with its type as the routing key. */
export const eventsExchange = 'outlay.events';

/**
 * Where messages wait out one step of a back-off: an exchange, and the one queue bound to it, of the same name. A message
 * goes there with the name of its queue as the routing key, which it keeps, so that it finds its way back when the time
 * is up. All queues share a step, because a quorum queue is not free: RabbitMQ before 4 reserves five file descriptors
 * for each, and one whose limit is the usual 1,024 stops answering at 185 of them.
 */
export function retryStep(delayMs: number): string {
  return `outlay.retry.${delayMs}`;
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
  for (const delayMs of new Set(queues.flatMap((queue) => queue.backoffMs))) await declareRetryStep(channel, delayMs);
  for (const queue of queues) await declareQueue(channel, queue);
}

async function declareRetryStep(channel: Channel, delayMs: number): Promise<void> {
  const name = retryStep(delayMs);
  await channel.assertExchange(name, 'fanout', { durable: true });
  await channel.assertQueue(name, quorum({ 'x-message-ttl': delayMs, ...deadLetter }));
  await channel.bindQueue(name, name, '');
}

async function declareQueue(channel: Channel, queue: QueueDefinition): Promise<void> {
  const parked = parkedQueue(queue);
  // A limit of its own, as RabbitMQ 4 would drop a message that was looked at 20 times. -1 is unknown to 3.10.
  await channel.assertQueue(parked, quorum({ 'x-delivery-limit': 2 ** 31 - 1 }));
  await channel.assertQueue(
    queue.name,
    quorum({ 'x-delivery-limit': deliveryLimit, 'x-dead-letter-routing-key': parked, ...deadLetter }),
  );
  for (const eventType of queue.events) await channel.bindQueue(queue.name, eventsExchange, eventType);
}

/** At least once, or a broker that dies between a message's leaving and its arrival would lose it. It asks for reject-publish. */
const deadLetter = {
  'x-dead-letter-exchange': '',
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
};

function quorum(args: Record<string, unknown>) {
  return { durable: true, arguments: { 'x-queue-type': 'quorum', ...args } };
}
