import { type KeptOpen, keepOpen, type Logger, type Opened, pause, within } from '@outlay/platform';
import type { ConfirmChannel, Options } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import { failed, type PublishOutcome, publishTimeoutMs, taken } from '../bus.ts';
import { openChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { declareTopology } from './topology.ts';

/** One message on its way to the broker. */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  /** `messageId` is needed to recognise the message when it is returned. */
  readonly properties: Options.Publish & { messageId: string };
}

/** Publishes with confirms, on a channel that is kept open. */
export interface Publisher {
  start(): void;
  /** Resolves when publishing is possible. */
  opened(): Promise<unknown>;
  isReady(): boolean;
  /**
   * Taken once every queue the message was routed to has it on disk. Fails at once while there is no channel or the
   * broker is out of resources, when the message could not be routed though it is mandatory, and after 5 s.
   */
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
  stop(): Promise<void>;
}

interface PublishingChannel {
  isBlocked(): boolean;
  publish(message: OutgoingMessage): Promise<PublishOutcome>;
}

/**
 * A queue that was deleted is declared again by its consumers as soon as the broker has cancelled them. A publisher that
 * is quicker than the cancelling leaves them attached to nothing, so it lets them go first.
 */
const redeclareAfterMs = 500;

/** Makes a publisher on a kept connection; `queues` is the topology that must stand before anything is published. */
export function createPublisher(options: {
  connection: KeptOpen<Connection>;
  queues: readonly QueueDefinition[];
  logger: Logger;
}): Publisher {
  const { connection, queues, logger } = options;
  const channel = keepOpen({
    name: 'rabbitmq publishing channel',
    logger,
    open: async (untilStopped) => openPublishingChannel(await untilStopped(connection.opened()), queues),
  });
  return {
    start: channel.start,
    opened: channel.opened,
    isReady: () => channel.current()?.isBlocked() === false,
    async publish(message) {
      const open = channel.current();
      if (open === undefined) return failed('not connected to the broker');
      if (open.isBlocked()) return failed('the broker is short of resources and takes nothing');
      return open.publish(message);
    },
    stop: channel.stop,
  };
}

async function openPublishingChannel(
  connection: Connection,
  queues: readonly QueueDefinition[],
): Promise<Opened<PublishingChannel>> {
  const { channel, closed, close } = await openChannel(connection.model.createConfirmChannel(), (opening) =>
    declareTopology(opening, queues),
  );
  const inFlight = createInFlight();
  const unroutable = Promise.withResolvers<unknown>();
  channel.on('return', (message) => {
    inFlight.markReturned(message);
    // A queue or binding is gone: a new channel declares it again. This one serves the other queues until then.
    pause(redeclareAfterMs).then(() =>
      unroutable.resolve(new Error(`No queue took a message for ${message.fields.routingKey}`)),
    );
  });
  return {
    resource: {
      isBlocked: connection.isBlocked,
      publish: (message) => publishWithConfirm(channel, inFlight, message, connection.destroy),
    },
    closed: Promise.race([closed, unroutable.promise]),
    async close() {
      await within(publishTimeoutMs, inFlight.settled());
      await close();
    },
  };
}

function publishWithConfirm(
  channel: ConfirmChannel,
  inFlight: InFlight,
  message: OutgoingMessage,
  destroyConnection: (reason: Error) => void,
): Promise<PublishOutcome> {
  return new Promise((resolve) => {
    const entry = inFlight.add(message);
    const settle = (outcome: PublishOutcome) => {
      clearTimeout(timer);
      inFlight.remove(entry);
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      settle(failed('the broker did not confirm in time'));
      // What still lies in the socket's buffer must not arrive after it was published again elsewhere.
      destroyConnection(new Error('A confirm did not come in time'));
    }, publishTimeoutMs);
    const confirmed = (error: unknown) => {
      if (error) settle(failed(error instanceof Error ? error.message : 'refused by the broker'));
      else settle(entry.isReturned ? failed('no queue is bound to it') : taken);
    };
    try {
      channel.publish(message.exchange, message.routingKey, message.content, message.properties, confirmed);
    } catch (error) {
      // The channel has closed and its keeper has not heard of it yet.
      confirmed(error);
    }
  });
}
