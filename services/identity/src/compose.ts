import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer, createRelay } from '@outlay/messaging';
import {
  type Clock,
  createLogger,
  createRpcService,
  ensureMonthPartitions,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import { createIdentity } from './application/identity.ts';
import type { Config } from './config.ts';
import { identityService } from './grpc/identity-service.ts';
import { createTimedWork } from './jobs/timed-work.ts';
import { followTenants } from './messaging/follow-tenants.ts';
import { createAccessTokenIssuer } from './security/access-token.ts';
import { createLoginThrottle } from './security/login-throttle.ts';
import { createPasswordHasher } from './security/password-hasher.ts';
import { createRedis } from './security/redis.ts';
import { createRevocationList } from './security/revocation-list.ts';
import { createSigningKeys } from './security/signing-keys.ts';
import { createIdentityDatabase } from './store/database.ts';
import { createSigningKeyStore } from './store/signing-keys.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  bus?: Bus;
}

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): RpcService {
  const { databaseUrl, serviceClientSecret, tokenIssuer: issuer, tokenAudience: audience } = config;
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
  const queue = queues['identity.tenants'];
  const consumer = createConsumer({ database, bus, queue, handlers: followTenants, logger });
  return createRpcService({
    config,
    services: [identityService(identity, keys)],
    loadKeys: keys.publicKeys,
    parts: {
      database: { stop: database.close },
      // Not waited for: without Redis everything works.
      redis: {
        start: () => void redis?.connect().catch(() => undefined),
        stop: () => redis?.disconnect(),
      },
      bus,
      relay: createRelay({ database, bus, logger }),
      consumer: { stop: consumer.stop },
      'timed work': createTimedWork({ databaseUrl, identity, database, clock, logger }),
    },
    // The consumer writes to the months of its inbox, so they come first.
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      consumer: consumer.start,
      keys: keys.current,
      ...(platformAdmin && { platform_admin: () => identity.ensurePlatformAdmin(platformAdmin) }),
    },
    checks: { database: database.ping },
    clock,
    logger,
  });
}
