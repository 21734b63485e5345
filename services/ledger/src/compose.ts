import { ledger } from '@outlay/contracts';
import { type Bus, createBus, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createGrpcServer,
  createLifecycle,
  createLogger,
  createOpsServer,
  createReadiness,
  createTokenVerifier,
  defineService,
  ensureMonthPartitions,
  type JsonWebKeySet,
  type Logger,
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

/** A composed service. */
export interface Service {
  /** Resolves when it listens; it is ready once its dependencies are. */
  start(): Promise<{ grpcPort: number; opsPort: number }>;
  stop(): Promise<void>;
}

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): Service {
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
  });
  const handlers = {
    ...ledgerHandlers(createLedger({ database, tenants, announce: relay.wake })),
    ...imports.handlers,
  };
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
  const grpc = createGrpcServer({
    host: config.host,
    port: config.grpcPort,
    tls: config.grpcTls,
    services: [defineService(ledger.LedgerServiceService, handlers)],
    verifier: createTokenVerifier({
      issuer: config.tokenIssuer,
      audience: config.tokenAudience,
      loadKeys,
      clock,
    }),
    logger,
  });
  grpc.setServing(false);
  const ops = createOpsServer({ host: config.host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  lifecycle.add('database', { stop: database.close });
  lifecycle.add('neighbours', { stop: neighbours.close });
  lifecycle.add('upkeep', createUpkeep({ database, clock, logger }));
  lifecycle.add('bus', bus);
  lifecycle.add('relay', relay);
  lifecycle.add('consumer', { stop: consumer.stop });
  lifecycle.add('imports', imports.worker);
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
  lifecycle.add('readiness', {
    start: readiness.start,
    stop: () => {
      ops.setReady(false);
      return readiness.stop?.();
    },
  });

  return {
    async start() {
      await lifecycle.start();
      return ports;
    },
    stop: lifecycle.stop,
  };
}
