import { queues } from '@outlay/contracts';
import { type Bus, type Consumer, createConsumer } from '@outlay/messaging';
import type { Clock, Logger } from '@outlay/platform';
import type { NotificationsDatabase } from './notifications-database.ts';
import { onCredentialsChanged } from './on-credentials-changed.ts';
import { onEmailVerificationRequested } from './on-email-verification-requested.ts';
import { onInvitationSent } from './on-invitation-sent.ts';
import { onMemberJoined } from './on-member-joined.ts';
import { onPasswordResetRequested } from './on-password-reset-requested.ts';
import { onPersonErased } from './on-person-erased.ts';
import { onTenantRegistered } from './on-tenant-registered.ts';

const mail = queues['notifications.mail'];
const people = queues['notifications.people'];

/** What is consumed: what becomes a mail, and what is to be known of the people that mails go to. */
export function createConsumers(options: {
  database: NotificationsDatabase;
  bus: Pick<Bus, 'subscribe'>;
  clock: Clock;
  logger: Logger;
}): { mail: Consumer; people: Consumer } {
  const { database, bus, clock, logger } = options;
  return {
    mail: createConsumer<(typeof mail.events)[number]>({
      database,
      bus,
      queue: mail,
      handlers: {
        'outlay.tenancy.tenant.registered.v1': onTenantRegistered(clock),
        'outlay.identity.email_verification.requested.v1': onEmailVerificationRequested(clock),
        'outlay.identity.password_reset.requested.v1': onPasswordResetRequested(clock),
        'outlay.identity.credentials.changed.v1': onCredentialsChanged(clock),
        'outlay.identity.invitation.sent.v1': onInvitationSent(clock),
      },
      logger,
    }),
    people: createConsumer<(typeof people.events)[number]>({
      database,
      bus,
      queue: people,
      handlers: {
        'outlay.identity.member.joined.v1': onMemberJoined,
        'outlay.identity.person.erased.v1': onPersonErased,
      },
      logger,
    }),
  };
}
