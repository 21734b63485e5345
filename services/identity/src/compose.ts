import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createGrpcServer,
  createLifecycle,
  createLogger,
  createOpsServer,
  createTokenVerifier,
  type Logger,
  systemClock,
} from '@outlay/platform';
import { createIdentity } from './application/identity.ts';
import type { Config } from './config.ts';
import { identityService } from './grpc/identity-service.ts';
import { createTimedWork } from './jobs/timed-work.ts';
import { followTenants } from './messaging/follow-tenants.ts';
import { createReadiness } from './readiness.ts';
import { createAccessTokenIssuer } from './security/access-token.ts';
import { createLoginThrottle } from './security/login-throttle.ts';
import { createPasswordHasher } from './security/password-hasher.ts';
import { createRedis } from './security/redis.ts';
import { createRevocationList } from './security/revocation-list.ts';
import { createSigningKeys } from './security/signing-keys.ts';
import { createIdentityDatabase } from './store/database.ts';
import { ensureMonths } from './store/ensure-months.ts';
import { createSigningKeyStore } from './store/signing-keys.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
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
  const logger = overrides.logger ?? createLogger({ service: 'identity', level: config.logLevel });
  const database = createIdentityDatabase(databaseUrl, logger);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const redis = config.redisUrl ? createRedis(config.redisUrl, logger) : undefined;

  const keys = createSigningKeys(createSigningKeyStore(database), clock);
  const identity = createIdentity({
    database,
    passwords: createPasswordHasher(),
    throttle: createLoginThrottle(database, redis),
    keys,
    issueAccessToken: createAccessTokenIssuer({ keys, issuer, audience, clock }),
    revocations: createRevocationList(redis, logger),
    serviceClientSecret,
    clock,
    logger,
  });
  const { platformAdmin } = config;
  const readiness = createReadiness({
    preparations: {
      months: () => ensureMonths(database, clock()),
      keys: keys.current,
      ...(platformAdmin && { platform_admin: () => identity.ensurePlatformAdmin(platformAdmin) }),
    },
    checks: { database: database.ping },
    onReady: () => grpc.setServing(true),
    logger,
  });
  const verifier = createTokenVerifier({ issuer, audience, loadKeys: keys.publicKeys, clock });
  const services = [identityService(identity, keys)];
  const grpc = createGrpcServer({ host, port: config.grpcPort, services, verifier, logger });
  grpc.setServing(false);
  const ops = createOpsServer({ host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  lifecycle.add('database', { stop: database.close });
  // Not waited for: without Redis everything works.
  lifecycle.add('redis', {
    start: () => void redis?.connect().catch(() => undefined),
    stop: () => redis?.disconnect(),
  });
  lifecycle.add('bus', bus);
  lifecycle.add('relay', createRelay({ database, bus, logger }));
  const queue = queues['identity.tenants'];
  lifecycle.add('consumer', createConsumer({ database, bus, queue, handlers: followTenants, logger }));
  lifecycle.add('timed work', createTimedWork({ databaseUrl, identity, database, clock, logger }));
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
