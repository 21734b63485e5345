import { ledger } from '@outlay/contracts';
import { type Bus, createBus, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createLogger,
  createRpcService,
  defineService,
  ensureMonthPartitions,
  type JsonWebKeySet,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import { createLedger } from './application/ledger.ts';
import { createTenantBooks } from './application/tenant-books.ts';
import type { Config } from './config.ts';
import { ledgerHandlers } from './grpc/ledger-handlers.ts';
import { createImports } from './imports/create-imports.ts';
import { createUpkeep } from './jobs/upkeep.ts';
import { createTenantConsumer } from './messaging/consume-tenants.ts';
import { connectNeighbours } from './neighbours.ts';
import { createLedgerDatabase } from './store/ledger-database.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
  bus?: Bus;
}

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): RpcService {
  const { clock = systemClock } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'ledger', level: config.logLevel });
  const database = createLedgerDatabase(config.databaseUrl, logger);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const relay = createRelay({ database, bus, logger });
  const consumer = createTenantConsumer({ database, bus, logger });
  const neighbours = connectNeighbours(config, logger);
  const tenants = createTenantBooks({ database, getTenant: neighbours.getTenant });
  const imports = createImports({
    database,
    databaseUrl: config.databaseUrl,
    clock,
    logger,
    ensureTenant: tenants.ensure,
    beside: createUpkeep({ database, clock }),
  });
  const handlers = {
    ...ledgerHandlers(createLedger({ database, tenants, announce: relay.wake })),
    ...imports.handlers,
  };
  const loadKeys = overrides.loadKeys ?? neighbours.loadKeys;
  return createRpcService({
    config,
    services: [defineService(ledger.LedgerServiceService, handlers)],
    loadKeys,
    parts: {
      database: { stop: database.close },
      neighbours: { stop: neighbours.close },
      bus,
      relay,
      consumer: { stop: consumer.stop },
      imports: imports.worker,
    },
    // The consumer writes to the months of its inbox, so they come first.
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      consumer: consumer.start,
      keys: loadKeys,
    },
    checks: { database: database.ping },
    clock,
    logger,
  });
}
