import { identity as contract, queues } from '@outlay/contracts';
import { type Bus, createBus, createConsumer } from '@outlay/messaging';
import {
  type Clock,
  createGrpcClient,
  createLogger,
  createRpcService,
  ensureMonthPartitions,
  type JsonWebKeySet,
  keysOf,
  type Logger,
  type RpcService,
  systemClock,
} from '@outlay/platform';
import type { Config, MailConfig } from './config.ts';
import { type DeliveryPolicy, deliveryPolicy } from './delivery-policy.ts';
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

/** Puts the service together; nothing is connected before `start`. */
export function compose(config: Config, overrides: Overrides = {}): RpcService {
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
  const identity = createGrpcClient(contract.IdentityServiceService, {
    address: config.identityAddress,
    tls: config.grpcTls,
    logger,
  });
  const loadKeys = overrides.loadKeys ?? keysOf(identity);
  return createRpcService({
    config,
    services: [notificationsService(database)],
    loadKeys,
    parts: {
      database: { stop: database.close },
      identity: { stop: identity.close },
      jobs,
      bus,
      consumer: { stop: consumer.stop },
    },
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
    clock,
    logger,
  });
}

function createMailer(mail: MailConfig): MailProvider {
  return mail.provider === 'mailgun' ? createMailgun(mail) : createOutbox(mail.directory);
}
