import { identity as contract } from '@outlay/contracts';
import { type Bus, createBus } from '@outlay/messaging';
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
import { createConsumers } from './consumers.ts';
import { type DeliveryPolicy, deliveryPolicy } from './delivery-policy.ts';
import type { MailProvider } from './mail/mail-provider.ts';
import { createMailgun } from './mail/mailgun.ts';
import { createOutbox } from './mail/outbox.ts';
import { createNotificationsDatabase } from './notifications-database.ts';
import { notificationsService } from './notifications-service.ts';
import { createLetterhead } from './templates/letterhead.ts';
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
  const database = createNotificationsDatabase(databaseUrl, logger, config.databasePoolMax);
  const bus = overrides.bus ?? createBus({ amqpUrl: config.amqpUrl, databaseUrl: config.busDatabaseUrl, logger });
  const consumers = createConsumers({ database, bus, clock, logger });
  const letterhead = createLetterhead(config);
  const mail = { database, provider: mailer, from: config.mail.from, letterhead, policy, clock, logger };
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
      'mail consumer': { stop: consumers.mail.stop },
      'people consumer': { stop: consumers.people.stop },
    },
    preparations: {
      months: () => ensureMonthPartitions(database, clock()),
      // Events wait in the bus until their jobs can be written.
      jobs: jobs.check,
      'mail consumer': consumers.mail.start,
      'people consumer': consumers.people.start,
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
