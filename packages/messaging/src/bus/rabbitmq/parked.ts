import { unavailable } from '@outlay/platform';
import type { Message } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import type { ParkedMessage } from '../bus.ts';
import { openChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { retryHeaders, toParked, toRepeated } from './message.ts';
import type { Publisher } from './publisher.ts';
import { declareTopology, parkedQueue } from './topology.ts';

const listedMax = 1_000;

/** Looks at a queue's parked messages. Closing the channel without an answer puts them back where they were. */
export async function listParked({ model }: Connection, queue: QueueDefinition): Promise<ParkedMessage[]> {
  const { channel, close } = await openChannel(model.createChannel(), (opening) => declareTopology(opening, [queue]));
  try {
    const messages: Message[] = [];
    while (messages.length < listedMax) {
      const message = await channel.get(parkedQueue(queue));
      if (message === false) break;
      messages.push(message);
    }
    return messages.map(toParked);
  } finally {
    await close();
  }
}

/** Moves what was parked before this moment back into its queue: what is parked again meanwhile must not go round and round. */
export async function replayParked(
  { model }: Connection,
  publisher: Publisher,
  queue: QueueDefinition,
): Promise<number> {
  const startedAt = Date.now();
  const { channel, close } = await openChannel(model.createChannel(), (opening) => declareTopology(opening, [queue]));
  try {
    for (let replayed = 0; ; replayed++) {
      const message = await channel.get(parkedQueue(queue));
      if (message === false) return replayed;
      const { parkedAt, error } = toParked(message);
      if (parkedAt !== undefined && parkedAt.getTime() > startedAt) return replayed;
      const outcome = await publisher.publish(
        toRepeated(message, { exchange: '', routingKey: queue.name }, retryHeaders(1, error)),
      );
      if (outcome.kind === 'failed') throw unavailable('bus_unavailable', outcome.reason);
      channel.ack(message);
    }
  } finally {
    await close();
  }
}
