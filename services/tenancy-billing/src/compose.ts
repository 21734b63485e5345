import { type Bus, createBus, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createGrpcServer,
  createLifecycle,
  createLogger,
  createOpsServer,
  createTokenVerifier,
  type JsonWebKeySet,
  type Logger,
  systemClock,
} from '@outlay/platform';
import { createTenancy } from './application/tenancy.ts';
import type { Config } from './config.ts';
import { tenancyService } from './grpc/tenancy-service.ts';
import { createTimedWork } from './jobs/timed-work.ts';
import { connectNeighbours } from './neighbours.ts';
import { createReadiness } from './readiness.ts';
import { createTenancyDatabase } from './store/database.ts';
import { ensureMonths } from './store/ensure-months.ts';

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
  const { host, databaseUrl, serviceClientSecret, tokenIssuer: issuer, tokenAudience: audience } = config;
  const { clock = systemClock } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'tenancy-billing', level: config.logLevel });
  const database = createTenancyDatabase(databaseUrl, logger);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const neighbours = connectNeighbours(config, logger);
  const tenancy = createTenancy({ database, neighbours, serviceClientSecret, clock, logger });

  const loadKeys = overrides.loadKeys ?? neighbours.loadKeys;
  const readiness = createReadiness({
    preparations: { months: () => ensureMonths(database, clock()), keys: loadKeys },
    checks: { database: database.ping },
    onReady: () => grpc.setServing(true),
    logger,
  });
  const verifier = createTokenVerifier({ issuer, audience, loadKeys, clock });
  const services = [tenancyService(tenancy)];
  const grpc = createGrpcServer({ host, port: config.grpcPort, services, verifier, logger });
  grpc.setServing(false);
  const ops = createOpsServer({ host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  lifecycle.add('database', { stop: database.close });
  lifecycle.add('neighbours', { stop: neighbours.close });
  lifecycle.add('bus', bus);
  lifecycle.add('relay', createRelay({ database, bus, logger }));
  lifecycle.add('timed work', createTimedWork({ databaseUrl, tenancy, database, clock, logger }));
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
