import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer } from '@outlay/messaging';
import {
  type Clock,
  createDatabase,
  createGrpcServer,
  createLifecycle,
  createLogger,
  createOpsServer,
  createReadiness,
  createTokenVerifier,
  ensureMonthPartitions,
  type JsonWebKeySet,
  type Logger,
  systemClock,
} from '@outlay/platform';
import type { Config } from './config.ts';
import { connectNeighbours } from './neighbours.ts';
import { projectEvents } from './project-events.ts';
import { reportingService } from './reporting-service.ts';
import { createUpkeep } from './upkeep.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
  bus?: Bus;
}

/** A composed service. */
export interface Service {
  /** Resolves when it listens; it is ready once its dependencies are. */
  start(): Promise<{ grpcPort: number; opsPort: number }>;
  stop(): Promise<void>;
}

const batchMax = 200;
const rebuildStatementTimeoutMs = 60_000;

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): Service {
  const { clock = systemClock } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'reporting', level: config.logLevel });
  const connection = { url: config.databaseUrl, logger };
  const database = createDatabase({ ...connection, applicationName: 'reporting' });
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
  const readiness = createReadiness({
    // The consumer writes to the months of its inbox, so they come first.
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      consumer: consumer.start,
      keys: loadKeys,
    },
    checks: { database: database.ping },
    onChange: (isReady) => grpc.setServing(isReady),
    logger,
  });
  const verifier = createTokenVerifier({
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    loadKeys,
    clock,
  });
  const services = [reportingService({ database, rebuildDatabase, neighbours })];
  const grpc = createGrpcServer({ host: config.host, port: config.grpcPort, services, verifier, logger });
  grpc.setServing(false);
  const ops = createOpsServer({ host: config.host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  lifecycle.add('database', { stop: database.close });
  lifecycle.add('rebuild database', { stop: rebuildDatabase.close });
  lifecycle.add('neighbours', { stop: neighbours.close });
  lifecycle.add('upkeep', createUpkeep({ database, clock, logger }));
  lifecycle.add('bus', bus);
  lifecycle.add('consumer', { stop: consumer.stop });
  lifecycle.add('grpc', {
    start: async () => {
      ports.grpcPort = await grpc.start();
    },
    stop: grpc.stop,
  });
  lifecycle.add('ops', {
    start: async () => {
      ports.opsPort = await ops.start();
    },
    stop: ops.stop,
  });
  lifecycle.add('readiness', readiness);
  lifecycle.add('unready', { stop: () => ops.setReady(false) });

  return {
    async start() {
      await lifecycle.start();
      return ports;
    },
    stop: lifecycle.stop,
  };
}
