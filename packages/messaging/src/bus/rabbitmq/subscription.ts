import { type KeptOpen, keepOpen, type Logger, type Opened } from '@outlay/platform';
import type { ConsumeMessage } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import { createBatcher, type PendingDelivery } from '../batcher.ts';
import type { DeliveryHandler } from '../bus.ts';
import { openChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { attemptOf, readBody, redeliveriesOf } from './message.ts';
import type { Publisher } from './publisher.ts';
import { settleDelivery, unlessClosed } from './settle-delivery.ts';
import { declareTopology } from './topology.ts';

interface RabbitDelivery extends PendingDelivery {
  readonly message: ConsumeMessage;
}

/** A consumer that the broker delivers to. */
export interface ConsumerAtWork {
  /** Deliveries since it was opened. */
  received(): number;
  /** Deliveries that are not settled yet. */
  inHand(): number;
}

export interface RabbitSubscriptionOptions {
  connection: KeptOpen<Connection>;
  publisher: Publisher;
  queues: readonly QueueDefinition[];
  queue: QueueDefinition;
  prefetch: number;
  batchMax: number;
  handle: DeliveryHandler;
  logger: Logger;
}

/** From this many redeliveries on a message is handled alone, as it may be the one that kills its consumers. */
const suspectAfter = 5;

/** Keeps a consumer at work on a queue, on a channel of its own, so that trouble with one queue leaves the others alone. */
export function keepSubscription(options: RabbitSubscriptionOptions): KeptOpen<ConsumerAtWork> {
  const { connection, queue, logger } = options;
  return keepOpen({
    name: `rabbitmq consumer of ${queue.name}`,
    logger,
    open: async (untilStopped) => openSubscription(await untilStopped(connection.opened()), options),
  });
}

async function openSubscription(
  { model }: Connection,
  options: RabbitSubscriptionOptions,
): Promise<Opened<ConsumerAtWork>> {
  const { publisher, queues, queue, prefetch, batchMax, handle } = options;
  const { channel, closed, close } = await openChannel(model.createChannel(), async (opening) => {
    await declareTopology(opening, queues);
    await opening.prefetch(prefetch);
  });
  let isClosing = false;
  let received = 0;
  let settled = 0;
  const settling = { channel, publisher, queue, isClosing: () => isClosing };
  const batcher = createBatcher<RabbitDelivery>({
    batchMax,
    handle,
    settle: async (deliveries) => {
      await Promise.all(deliveries.map(({ delivery, outcome }) => settleDelivery(settling, delivery.message, outcome)));
      settled += deliveries.length;
    },
  });
  const cancelled = Promise.withResolvers<unknown>();
  const { consumerTag } = await channel.consume(queue.name, (message) => {
    if (message === null) return cancelled.resolve(new Error('The broker cancelled the consumer'));
    received++;
    batcher.add(toDelivery(message));
  });

  return {
    resource: { received: () => received, inHand: () => received - settled },
    closed: Promise.race([closed, cancelled.promise]),
    async close() {
      await channel.cancel(consumerTag).catch(() => undefined);
      isClosing = true;
      for (const { message } of await batcher.stop()) unlessClosed(() => channel.nack(message, false, true));
      await close();
    },
  };
}

function toDelivery(message: ConsumeMessage): RabbitDelivery {
  return {
    message,
    body: readBody(message),
    attempt: attemptOf(message),
    isSuspect: redeliveriesOf(message) >= suspectAfter,
  };
}
