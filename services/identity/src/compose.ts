import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer, createRelay } from '@outlay/messaging';
import {
  type Clock,
  clientSecretOf,
  createLogger,
  createRpcService,
  createSecretBox,
  createTurns,
  ensureMonthPartitions,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import { connectInBackground, createRedis } from '@outlay/platform/redis';
import { createIdentity } from './application/identity.ts';
import type { Config } from './config.ts';
import { identityService } from './grpc/identity-service.ts';
import { createTimedWork } from './jobs/timed-work.ts';
import { followTenants } from './messaging/follow-tenants.ts';
import { createAccessTokenIssuer } from './security/access-token.ts';
import { createKeyThrottle } from './security/key-throttle.ts';
import { createLoginThrottle } from './security/login-throttle.ts';
import { createMailQuota } from './security/mail-quota.ts';
import { createPasswordHasher } from './security/password-hasher.ts';
import { createRegistrationQuota } from './security/registration-quota.ts';
import { createRevocationList } from './security/revocation-list.ts';
import { createSecondFactor } from './security/second-factor.ts';
import { createSigningKeys } from './security/signing-keys.ts';
import { createIdentityDatabase } from './store/database.ts';

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
  const database = createIdentityDatabase(databaseUrl, logger, config.databasePoolMax);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const redis = config.redisUrl ? createRedis(config.redisUrl, logger) : undefined;

  const secrets = createSecretBox(config.encryptionKeys, 'identity');
  const keys = createSigningKeys({ database, secrets, clock, logger });
  const identity = createIdentity({
    database,
    passwords: createPasswordHasher(),
    throttle: createLoginThrottle(database, redis),
    keyThrottle: createKeyThrottle(database),
    keyTurns: createTurns({ atOnce: Math.max(1, Math.floor((config.databasePoolMax ?? 8) / 3)), waitingMax: 128 }),
    mailQuota: createMailQuota(database),
    registrationQuota: createRegistrationQuota(database, config.registrationsPerHour),
    keys,
    issueAccessToken: createAccessTokenIssuer({ keys, issuer, audience, clock }),
    revocations: createRevocationList(redis, logger),
    secrets,
    secondFactor: createSecondFactor(secrets),
    mailTokens: createSecretBox([clientSecretOf(serviceClientSecret, 'notifications')], 'mail token'),
    serviceClientSecret,
    signingKeyDays: config.signingKeyDays,
    clock,
    logger,
  });
  const timedWork = createTimedWork({ databaseUrl, identity, database, clock, logger });
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
        start: () => redis && connectInBackground(redis),
        stop: () => redis?.disconnect(),
      },
      bus,
      relay: createRelay({ database, bus, logger }),
      consumer: { stop: consumer.stop },
      'timed work': timedWork,
      'signing keys': keys,
    },
    // The consumer writes to the months of its inbox, so they come first.
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      // Whoever asks for a new password adds a job.
      jobs: timedWork.check,
      consumer: consumer.start,
      keys: keys.prepare,
      ...(platformAdmin && { platform_admin: () => identity.ensurePlatformAdmin(platformAdmin) }),
    },
    checks: { database: database.ping },
    clock,
    logger,
  });
}
