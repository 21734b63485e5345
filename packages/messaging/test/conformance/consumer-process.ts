import { createSilentLogger } from '@outlay/platform';
import { createBus } from '../../src/bus/create-bus.ts';
import type { QueueDefinition } from '../../src/catalogue.ts';

/** Takes in events of a queue and never comes to an end with them: the process that tests kill. */
const queue: QueueDefinition = JSON.parse(process.argv[2] ?? '{}');
const bus = createBus({
  amqpUrl: process.env.AMQP_URL,
  databaseUrl: process.env.BUS_DATABASE_URL,
  queues: [queue],
  logger: createSilentLogger(),
});
await bus.start();
await bus.subscribe(queue, {}, (deliveries) => {
  process.send?.({ deliveries: deliveries.length });
  return new Promise(() => undefined);
});
process.send?.('ready');
