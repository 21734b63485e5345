import type { OutgoingEvent } from '@outlay/messaging';
import type { TenantId } from '@outlay/platform';
import type { User } from '../domain/person.ts';

/** What a change of the credentials is called where the person is told of it. */
export type CredentialsChange =
  | 'password_changed'
  | 'password_reset'
  | 'email_changed'
  | 'totp_enabled'
  | 'totp_disabled'
  | 'recovery_codes_renewed';

/** A token as it goes to the sender of mails. */
export interface MailedToken {
  requestId: string;
  sealedToken: Buffer;
  expiresAt: Date;
}

/** Name or address of a member changed; the version is the person's. */
export function memberUpdated(
  tenantId: TenantId,
  user: User,
  updatedAt: Date,
): OutgoingEvent<'outlay.identity.member.updated.v1'> {
  const { id: userId, email, firstName, lastName, version } = user;
  return {
    type: 'outlay.identity.member.updated.v1',
    tenantId,
    subject: userId,
    aggregateVersion: version,
    data: { userId, email, firstName, lastName, updatedAt },
  };
}

/** An address awaits its verification: the person's own, or the one that it is to be. */
export function emailVerificationRequested(
  tenantId: TenantId,
  user: User,
  mailed: MailedToken & { email: string; isChange: boolean },
): OutgoingEvent<'outlay.identity.email_verification.requested.v1'> {
  const { id: userId, firstName, version } = user;
  return {
    type: 'outlay.identity.email_verification.requested.v1',
    tenantId,
    subject: userId,
    aggregateVersion: version,
    data: { userId, firstName, ...mailed },
  };
}

/** Somebody asks for a new password. */
export function passwordResetRequested(
  tenantId: TenantId,
  user: User,
  mailed: MailedToken,
): OutgoingEvent<'outlay.identity.password_reset.requested.v1'> {
  const { id: userId, email, firstName, version } = user;
  return {
    type: 'outlay.identity.password_reset.requested.v1',
    tenantId,
    subject: userId,
    aggregateVersion: version,
    data: { userId, email, firstName, ...mailed },
  };
}

/** A person signs in another way from now on. The address is where they are told. */
export function credentialsChanged(
  tenantId: TenantId,
  user: User,
  told: { email: string; changeId: string; change: CredentialsChange; changedAt: Date },
): OutgoingEvent<'outlay.identity.credentials.changed.v1'> {
  const { id: userId, firstName, version } = user;
  return {
    type: 'outlay.identity.credentials.changed.v1',
    tenantId,
    subject: userId,
    aggregateVersion: version,
    data: { userId, firstName, ...told },
  };
}

/** The personal data of somebody who belonged to the tenant is to be forgotten; the version is the person's last one. */
export function personErased(
  tenantId: TenantId,
  erased: { userId: string; erasedAt: Date; invitationIds: string[]; version: bigint },
): OutgoingEvent<'outlay.identity.person.erased.v1'> {
  const { version, ...data } = erased;
  return {
    type: 'outlay.identity.person.erased.v1',
    tenantId,
    subject: erased.userId,
    aggregateVersion: version,
    data,
  };
}
