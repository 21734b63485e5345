/**
 * Looks at what was parked, or puts it back: `node packages/messaging/src/parked-command.ts list|replay <queue>`, with
 * AMQP_URL or BUS_DATABASE_URL in the environment. Prints one JSON object per line; its status is 1 when the bus
 * cannot be reached and 2 when it was called wrongly.
 */
import { parseArgs } from 'node:util';
import { queues } from '@outlay/contracts';
import { createLogger } from '@outlay/platform';
import { createBus } from './bus/create-bus.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [verb, queueName] = positionals;
const queue = Object.values(queues).find((each) => each.name === queueName);
const { AMQP_URL: amqpUrl, BUS_DATABASE_URL: databaseUrl } = process.env;

if ((verb !== 'list' && verb !== 'replay') || queue === undefined || !(amqpUrl || databaseUrl)) {
  process.stderr.write(
    `Usage: parked list|replay <queue>, with AMQP_URL or BUS_DATABASE_URL set\nQueues: ${Object.keys(queues).join(', ')}\n`,
  );
  process.exit(2);
}

const bus = createBus({ amqpUrl, databaseUrl, logger: createLogger({ service: 'parked', level: 'error' }) });
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
await bus.start();
try {
  if (verb === 'list') for (const message of await bus.parked(queue)) print(message);
  else print({ queue: queue.name, replayed: await bus.replayParked(queue) });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await bus.stop();
}
