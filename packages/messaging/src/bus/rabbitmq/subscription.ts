import { type KeptOpen, keepOpen, type Logger, type Opened, pause } from '@outlay/platform';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import { createBatcher, type PendingDelivery } from '../batcher.ts';
import type { DeliveryHandler, DeliveryOutcome } from '../bus.ts';
import { type Settlement, settlementOf } from '../settlement.ts';
import { openChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { attemptOf, bodyOf, parkedHeaders, redeliveriesOf, retryHeaders, toRepeated } from './message.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import { declareTopology, parkedQueue, retryStep } from './topology.ts';

interface RabbitDelivery extends PendingDelivery {
  readonly message: ConsumeMessage;
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
const publishRetryMs = 250;
/**
 * A consumer that got nothing for this long is opened anew. RabbitMQ can forget one: when a quorum queue is deleted and
 * declared again within some 20 ms, its consumers are neither cancelled nor served (seen on 3.10.8), and nothing
 * tells such a consumer from an idle one.
 */
const idleRefreshMs = 30_000;

/** Keeps a consumer at work on a queue, on a channel of its own, so that trouble with one queue leaves the others alone. */
export function keepSubscription(options: RabbitSubscriptionOptions): KeptOpen<Channel> {
  const { connection, queue, logger } = options;
  return keepOpen({
    name: `rabbitmq consumer of ${queue.name}`,
    logger,
    open: async (untilStopped) => openSubscription(await untilStopped(connection.opened()), options),
  });
}

async function openSubscription({ model }: Connection, options: RabbitSubscriptionOptions): Promise<Opened<Channel>> {
  const { queues, queue, prefetch, batchMax, handle } = options;
  const { channel, closed, close } = await openChannel(model.createChannel(), async (opening) => {
    await declareTopology(opening, queues);
    await opening.prefetch(prefetch);
  });
  const closing = Promise.withResolvers<void>();
  let received = 0;
  let receivedBefore = 0;
  let settled = 0;
  const batcher = createBatcher<RabbitDelivery>({
    batchMax,
    handle,
    settle: async (deliveries) => {
      await Promise.all(deliveries.map(({ delivery, outcome }) => settle(delivery, outcome)));
      settled += deliveries.length;
    },
  });

  /** Never rejects: a delivery that cannot be settled any more comes again. */
  async function settle({ message, attempt }: RabbitDelivery, outcome: DeliveryOutcome): Promise<void> {
    const settlement = settlementOf(queue, attempt, outcome);
    if (settlement.kind === 'forget') return answer(() => channel.ack(message));
    if (settlement.kind === 'release') return answer(() => channel.nack(message, false, true));
    const copy = settlement.kind === 'again' ? retried(message, settlement) : parked(message, settlement);
    // First the copy, then the ack: dying in between makes two of it, never none.
    const isCopied = await publishUntilClosing(copy);
    answer(() => (isCopied ? channel.ack(message) : channel.nack(message, false, true)));
  }

  function retried(message: ConsumeMessage, again: Extract<Settlement, { kind: 'again' }>): OutgoingMessage {
    const to = { exchange: retryStep(again.delayMs), routingKey: queue.name };
    return toRepeated(message, to, retryHeaders(again.attempt, again.error));
  }

  function parked(message: ConsumeMessage, park: Extract<Settlement, { kind: 'park' }>): OutgoingMessage {
    const to = { exchange: '', routingKey: parkedQueue(queue) };
    return toRepeated(message, to, parkedHeaders(park.attempts, park.error, new Date()));
  }

  async function publishUntilClosing(copy: OutgoingMessage): Promise<boolean> {
    let isClosing = false;
    closing.promise.then(() => {
      isClosing = true;
    });
    for (;;) {
      const outcome = await options.publisher.publish(copy);
      if (outcome.kind === 'taken') return true;
      if (isClosing) return false;
      await Promise.race([pause(publishRetryMs), closing.promise]);
    }
  }

  const lost = Promise.withResolvers<unknown>();
  closed.then(() => closing.resolve());
  const { consumerTag } = await channel.consume(queue.name, (message) => {
    if (message === null) return lost.resolve(new Error('The broker cancelled the consumer'));
    received++;
    batcher.add(toDelivery(message));
  });
  const refresh = setInterval(() => {
    if (received === receivedBefore && received === settled) lost.resolve(new Error('Nothing came for a while'));
    receivedBefore = received;
  }, idleRefreshMs);
  refresh.unref();

  return {
    resource: channel,
    closed: Promise.race([closed, lost.promise]),
    async close() {
      clearInterval(refresh);
      await channel.cancel(consumerTag).catch(() => undefined);
      closing.resolve();
      const untouched = await batcher.stop();
      for (const { message } of untouched) answer(() => channel.nack(message, false, true));
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

/** What is no JSON goes on as text: the consumer will find that it is no envelope. */
function readBody(message: ConsumeMessage): unknown {
  try {
    return bodyOf(message);
  } catch {
    return message.content.toString('utf8');
  }
}

/** On a channel that has closed there is nothing to answer: the broker delivers the message again. */
function answer(send: () => void): void {
  try {
    send();
  } catch {
    // Said above.
  }
}
