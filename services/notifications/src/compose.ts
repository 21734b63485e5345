import { queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer } from '@outlay/messaging';
import {
  type Clock,
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
import type { Config, MailConfig } from './config.ts';
import { type DeliveryPolicy, deliveryPolicy } from './delivery-policy.ts';
import { connectIdentity } from './identity.ts';
import type { MailProvider } from './mail/mail-provider.ts';
import { createMailgun } from './mail/mailgun.ts';
import { createOutbox } from './mail/outbox.ts';
import { createNotificationsDatabase } from './notifications-database.ts';
import { notificationsService } from './notifications-service.ts';
import { onTenantRegistered } from './on-tenant-registered.ts';
import { createTimedWork } from './timed-work.ts';

/** What a test may put in place of the real thing. */
export interface Overrides {
  clock?: Clock;
  logger?: Logger;
  loadKeys?: () => Promise<JsonWebKeySet>;
  bus?: Bus;
  mailer?: MailProvider;
  policy?: DeliveryPolicy;
}

/** A composed service. */
export interface Service {
  /** Resolves when it listens; it is ready once its dependencies are. */
  start(): Promise<{ grpcPort: number; opsPort: number }>;
  stop(): Promise<void>;
}

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): Service {
  const { clock = systemClock, mailer = createMailer(config.mail), policy = deliveryPolicy } = overrides;
  const logger = overrides.logger ?? createLogger({ service: 'notifications', level: config.logLevel });
  const { databaseUrl } = config;
  const database = createNotificationsDatabase(databaseUrl, logger);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const queue = queues['notifications.mail'];
  const consumer = createConsumer<(typeof queue.events)[number]>({
    database,
    bus,
    queue,
    handlers: { 'outlay.tenancy.tenant.registered.v1': onTenantRegistered(clock) },
    logger,
  });
  const mail = { database, provider: mailer, from: config.mail.from, policy, clock, logger };
  const jobs = createTimedWork({ databaseUrl, mail, database, clock, logger });
  const identity = connectIdentity(config.identityAddress, logger);
  const loadKeys = overrides.loadKeys ?? identity.loadKeys;
  const readiness = createReadiness({
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      consumer: async () => {
        // Events wait in the bus until their jobs can be written.
        await jobs.check();
        await consumer.start();
      },
      keys: loadKeys,
    },
    checks: { database: database.ping, jobs: jobs.check },
    onChange: (isReady) => grpc.setServing(isReady),
    logger,
  });
  const verifier = createTokenVerifier({
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
    loadKeys,
    clock,
  });
  const services = [notificationsService(database)];
  const grpc = createGrpcServer({ host: config.host, port: config.grpcPort, services, verifier, logger });
  grpc.setServing(false);
  const ops = createOpsServer({ host: config.host, port: config.opsPort, checks: readiness.checks, logger });
  const ports = { grpcPort: 0, opsPort: 0 };

  const lifecycle = createLifecycle(logger);
  lifecycle.add('database', { stop: database.close });
  lifecycle.add('identity', { stop: identity.close });
  lifecycle.add('jobs', jobs);
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

function createMailer(mail: MailConfig): MailProvider {
  return mail.provider === 'mailgun' ? createMailgun(mail) : createOutbox(mail.directory);
}
