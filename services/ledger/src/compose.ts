import { access, ledger } from '@outlay/contracts';
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
import { createAuditHandlers } from './audit/audit-handlers.ts';
import { createBookHandlers } from './books/book-handlers.ts';
import { createSegmenter } from './books/segmenter.ts';
import type { Config } from './config.ts';
import { ledgerHandlers } from './grpc/ledger-handlers.ts';
import { referenceHandlers } from './grpc/reference-handlers.ts';
import { tenantShareOf } from './grpc/tenant-share.ts';
import { createImports } from './imports/create-imports.ts';
import { createTagTally } from './jobs/tag-tally.ts';
import { createUpkeep } from './jobs/upkeep.ts';
import { createTenantConsumer } from './messaging/consume-tenants.ts';
import { connectNeighbours } from './neighbours.ts';
import { createRates } from './rates/create-rates.ts';
import { createSealKey } from './seals/chain/seal-key.ts';
import { createSealHandlers } from './seals/seal-handlers.ts';
import { createSealer } from './seals/sealer.ts';
import { createBackgroundDatabase, createLedgerDatabase, requestPoolMax } from './store/ledger-database.ts';
import { createUsageTeller } from './usage/usage-teller.ts';

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
  const database = createLedgerDatabase(config.databaseUrl, logger, config.databasePoolMax);
  const background = createBackgroundDatabase(config.databaseUrl, logger);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const relay = createRelay({ database, bus, logger });
  const consumer = createTenantConsumer({ database, bus, logger });
  const neighbours = connectNeighbours(config, logger);
  const tenants = createTenantBooks({ database, getTenant: neighbours.getTenant });
  const rates = createRates({
    database,
    clock,
    logger,
    isReady: () => imports.worker.isReady(),
    currencyOf: tenants.currencyOf,
    ecbRatesUrl: config.ecbRatesUrl,
  });
  const upkeep = createUpkeep({ database, clock });
  const imports = createImports({
    database,
    background,
    databaseUrl: config.databaseUrl,
    clock,
    logger,
    ensureTenant: tenants.ensure,
    beside: {
      tasks: { ...upkeep.tasks, ...rates.jobs.tasks },
      timed: [...upkeep.timed, ...rates.jobs.timed],
    },
  });
  const key = createSealKey(config.sealKey, config.retiredSealKeys);
  const sealer = createSealer({ database, key, logger });
  const segmenter = createSegmenter({ database, logger });
  const tagTally = createTagTally({ database, logger });
  const books = createLedger({ database, tenants, announce: relay.wake, tagTally, logger });
  const handlers = {
    ...ledgerHandlers(books),
    ...referenceHandlers(books),
    ...imports.handlers,
    ...rates.handlers,
    ...createSealHandlers({ database, key, clock }),
    ...createBookHandlers({ database, segmenter, logger }),
    ...createAuditHandlers({ database }),
  };
  const loadKeys = overrides.loadKeys ?? neighbours.loadKeys;
  return createRpcService({
    config,
    services: [defineService(ledger.LedgerServiceService, access.ledger, handlers)],
    tenantShare: tenantShareOf(config.databasePoolMax ?? requestPoolMax),
    loadKeys,
    parts: {
      database: { stop: database.close },
      background: { stop: background.close },
      neighbours: { stop: neighbours.close },
      bus,
      relay,
      consumer: { stop: consumer.stop },
      imports: imports.worker,
      sealer,
      segmenter,
      'tag tally': tagTally,
      'usage teller': createUsageTeller({ database, clock, logger }),
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
