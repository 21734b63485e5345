import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer, keepMonths } from '@outlay/messaging';
import {
  type Clock,
  createDatabase,
  createJobWorker,
  createLogger,
  createRpcService,
  deleteIdempotencyKeys,
  ensureMonthPartitions,
  idempotencyKeptMs,
  type JsonWebKeySet,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import type { Config } from './config.ts';
import { connectNeighbours } from './neighbours.ts';
import { projectEvents } from './project-events.ts';
import { reportingService } from './reporting-service.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
  bus?: Bus;
}

const batchMax = 200;
const rebuildStatementTimeoutMs = 60_000;
const dayMs = 24 * 3_600_000;

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: dayMs };

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): RpcService {
  const { clock = systemClock } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'reporting', level: config.logLevel });
  const connection = { url: config.databaseUrl, logger };
  const database = createDatabase({ ...connection, applicationName: 'reporting', poolMax: config.databasePoolMax });
  const rebuildDatabase = createDatabase({
    ...connection,
    applicationName: 'reporting-rebuild',
    poolMax: 2,
    statementTimeoutMs: rebuildStatementTimeoutMs,
    lockTimeoutMs: rebuildStatementTimeoutMs,
  });
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const queue = queues['reporting.projections'];
  const consumer = createConsumer<(typeof queue.events)[number]>({
    database,
    bus,
    queue,
    handlers: { batch: projectEvents },
    logger,
    batchMax,
  });
  const neighbours = connectNeighbours(config, logger);
  const loadKeys = overrides.loadKeys ?? neighbours.loadKeys;
  return createRpcService({
    config,
    services: [reportingService({ database, rebuildDatabase, neighbours })],
    loadKeys,
    parts: {
      database: { stop: database.close },
      'rebuild database': { stop: rebuildDatabase.close },
      neighbours: { stop: neighbours.close },
      bus,
      consumer: { stop: consumer.stop },
      'timed work': createJobWorker({
        databaseUrl: config.databaseUrl,
        schema: 'reporting_jobs',
        tasks: {
          keep_months: () => keepMonths(database, clock()),
          forget_keys: () => deleteIdempotencyKeys(database, new Date(clock().getTime() - idempotencyKeptMs)),
        },
        timed: [
          { task: 'keep_months', match: '11 2 * * *', options: nightly },
          { task: 'forget_keys', match: '23 3 * * *', options: nightly },
        ],
        logger,
      }),
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
