import type { QueueDefinition } from '../../catalogue.ts';
import { openChannel } from './channel.ts';
import type { Connection } from './connection.ts';

/** How many messages wait in the fullest of the queues. On a channel of its own, which a queue that is gone closes. */
export async function countWaiting({ model }: Connection, queues: readonly QueueDefinition[]): Promise<number> {
  const { channel, close } = await openChannel(model.createChannel(), async () => undefined);
  try {
    const found = await Promise.all(queues.map(({ name }) => channel.checkQueue(name)));
    return Math.max(0, ...found.map(({ messageCount }) => messageCount));
  } finally {
    await close();
  }
}
