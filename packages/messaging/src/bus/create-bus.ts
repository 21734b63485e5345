import { queues as catalogue } from '@outlay/contracts';
import type { Logger } from '@outlay/platform';
import type { QueueDefinition } from '../catalogue.ts';
import type { Bus } from './bus.ts';
import { createEmbeddedBus } from './embedded/embedded-bus.ts';
import { createRabbitmqBus } from './rabbitmq/rabbitmq-bus.ts';

/** Where the bus lives: a RabbitMQ, or a PostgreSQL database that stands in for it. */
export interface BusOptions {
  amqpUrl?: string;
  /** Names the role outlay_bus. Used when there is no `amqpUrl`. */
  databaseUrl?: string;
  /** The whole topology; that of the contracts unless told. */
  queues?: readonly QueueDefinition[] | Readonly<Record<string, QueueDefinition>>;
  logger: Logger;
}

/** Makes the bus on whichever server is given. Throws when none is. */
export function createBus(options: BusOptions): Bus {
  const { amqpUrl, databaseUrl, logger } = options;
  const queues: readonly QueueDefinition[] = Object.values(options.queues ?? catalogue);
  if (amqpUrl !== undefined) return createRabbitmqBus({ amqpUrl, queues, logger });
  if (databaseUrl !== undefined) return createEmbeddedBus({ databaseUrl, queues, logger });
  throw new Error('The bus needs AMQP_URL or BUS_DATABASE_URL');
}
