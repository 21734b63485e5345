import { type Logger, unavailable, within } from '@outlay/platform';
import { type QueueDefinition, queuesForAny } from '../../catalogue.ts';
import type { Envelope } from '../../envelope.ts';
import { answeredWithin } from '../answered-within.ts';
import { type Bus, countTimeoutMs, type PublishOutcome, publishTimeoutMs } from '../bus.ts';
import { publishInOrder } from '../publish-in-order.ts';
import { keepConnection } from './connection.ts';
import { countWaiting } from './count-waiting.ts';
import { toMessage } from './message.ts';
import { listParked, replayParked } from './parked.ts';
import { createPublisher } from './publisher.ts';
import { type RefreshedSubscription, refreshWhenIdle } from './refresh-when-idle.ts';
import { keepSubscription, type RabbitSubscriptionOptions } from './subscription.ts';

const closeTimeoutMs = 15_000;

/**
 * The bus on RabbitMQ 3.10 or later. Publishing and consuming have a connection each, so that a broker that slows
 * publishers down does not hold up acknowledgements.
 */
export function createRabbitmqBus(options: {
  amqpUrl: string;
  queues: readonly QueueDefinition[];
  logger: Logger;
  /** After how long a silent consumer is made anew; 30 s unless told. */
  idleMs?: number;
}): Bus {
  const { amqpUrl, queues, logger, idleMs = 30_000 } = options;
  const publishing = keepConnection(amqpUrl, 'publisher', logger);
  const consuming = keepConnection(amqpUrl, 'consumer', logger);
  const publisher = createPublisher({ connection: publishing, queues, logger });
  const subscriptions = new Set<RefreshedSubscription>();
  const bound = new Set(queues.flatMap((queue) => queue.events));
  const ordered = publishInOrder(
    (envelope: Envelope): Promise<PublishOutcome> => publisher.publish(toMessage(envelope, bound.has(envelope.type))),
  );

  async function closeChannels(): Promise<void> {
    await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    await publisher.stop();
  }

  return {
    async start() {
      publishing.start();
      consuming.start();
      publisher.start();
      await within(publishTimeoutMs, Promise.all([publisher.opened(), consuming.opened()]));
    },
    async stop() {
      // A half-open connection can hold up the closing of its channels; dropping it ends that.
      await within(closeTimeoutMs, closeChannels());
      await Promise.all([publishing.stop(), consuming.stop()]);
    },
    publish: ordered,
    async waitingFor(eventTypes) {
      const counting = async () => countWaiting(connected(publishing), queuesForAny(queues, eventTypes));
      return answeredWithin(countTimeoutMs, counting(), 0);
    },
    async subscribe(queue, { batchMax = 100, prefetch = 2 * batchMax }, handle) {
      const made: RabbitSubscriptionOptions = {
        connection: consuming,
        publisher,
        queues: queues.includes(queue) ? queues : [...queues, queue],
        queue,
        prefetch,
        batchMax,
        handle,
        logger,
      };
      const subscription = refreshWhenIdle(() => keepSubscription(made), idleMs);
      subscriptions.add(subscription);
      subscription.start();
      await within(publishTimeoutMs, subscription.opened());
      return {
        async stop() {
          subscriptions.delete(subscription);
          await subscription.stop();
        },
      };
    },
    async check() {
      if (!publisher.isReady()) throw unavailable('bus_unavailable', 'RabbitMQ takes no messages from here');
      for (const subscription of subscriptions) {
        if (!subscription.isOpen()) throw unavailable('bus_unavailable', 'A consumer is not connected');
      }
    },
    parked: async (queue) => listParked(connected(consuming), queue),
    replayParked: async (queue) => replayParked(connected(consuming), publisher, queue),
  };
}

function connected<T>(connection: { current(): T | undefined }): T {
  const current = connection.current();
  if (current === undefined) throw unavailable('bus_unavailable', 'Not connected to RabbitMQ');
  return current;
}
