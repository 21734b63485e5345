import { type Bus, createBus, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createLogger,
  createRpcService,
  ensureMonthPartitions,
  type JsonWebKeySet,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import { createTenancy } from './application/tenancy.ts';
import type { Config } from './config.ts';
import { tenancyService } from './grpc/tenancy-service.ts';
import { createTimedWork } from './jobs/timed-work.ts';
import { createUsageConsumer } from './messaging/consume-usage.ts';
import { connectNeighbours } from './neighbours.ts';
import { createTenancyDatabase } from './store/database.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
  bus?: Bus;
}

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): RpcService {
  const { databaseUrl, serviceClientSecret } = config;
  const { clock = systemClock } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'tenancy-billing', level: config.logLevel });
  const database = createTenancyDatabase(databaseUrl, logger, config.databasePoolMax);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const neighbours = connectNeighbours(config, logger);
  const tenancy = createTenancy({ database, neighbours, serviceClientSecret, clock, logger });

  const usage = createUsageConsumer({ database, bus, logger });

  const loadKeys = overrides.loadKeys ?? neighbours.loadKeys;
  return createRpcService({
    config,
    services: [tenancyService(tenancy)],
    loadKeys,
    parts: {
      database: { stop: database.close },
      neighbours: { stop: neighbours.close },
      bus,
      relay: createRelay({ database, bus, logger }),
      'usage consumer': { stop: usage.stop },
      'timed work': createTimedWork({ databaseUrl, tenancy, database, clock, logger }),
    },
    // The consumer writes to the months of its inbox, so they come first.
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      'usage consumer': usage.start,
      keys: loadKeys,
    },
    checks: { database: database.ping },
    clock,
    logger,
  });
}
