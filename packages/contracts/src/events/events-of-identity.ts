import * as messages from '../../generated/outlay/identity/events/v1/events.ts';
import { defineEvent } from './define-event.ts';

/** The person whom the examples are about. */
export const userId = '0197a3c0-6666-7000-8000-000000000001';
const sealedToken = 'AXNlYWxlZCBmb3IgdGhlIHNlbmRlciBvZiBtYWlscyBhbG9uZQ==';

const memberJoined = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  lastName: 'Lind',
  role: 'admin',
  joinedAt: '2025-01-10T08:30:00.000Z',
};

const sessionRevoked = {
  sessionId: '0197a3c0-7777-7000-8000-000000000001',
  userId,
  reason: 'logout',
  revokedAt: '2025-01-15T17:00:00.000Z',
};

const memberRoleChanged = {
  userId,
  role: 'analyst',
  previousRole: 'member',
  changedAt: '2025-01-16T09:00:00.000Z',
};

const memberUpdated = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  lastName: 'Lind',
  updatedAt: '2025-01-16T09:00:00.000Z',
};

const memberRemoved = { userId, reason: 'removed', removedAt: '2025-01-16T09:00:00.000Z' };

const personErased = {
  userId,
  erasedAt: '2025-01-16T09:00:00.000Z',
  invitationIds: ['0197a3c0-7777-7000-8000-000000000001'],
};

const emailVerificationRequested = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  requestId: '0197a3c0-8888-7000-8000-000000000001',
  sealedToken,
  expiresAt: '2025-01-17T09:00:00.000Z',
  isChange: true,
};

const passwordResetRequested = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  requestId: '0197a3c0-8888-7000-8000-000000000002',
  sealedToken,
  expiresAt: '2025-01-16T10:00:00.000Z',
};

const credentialsChanged = {
  userId,
  email: 'mara@acme.example',
  firstName: 'Mara',
  changeId: '0197a3c0-8888-7000-8000-000000000003',
  change: 'password_changed',
  changedAt: '2025-01-16T09:00:00.000Z',
};

const invitationSent = {
  invitationId: '0197a3c0-9999-7000-8000-000000000001',
  email: 'ida@acme.example',
  role: 'member',
  inviterName: 'Mara Lind',
  tenantName: 'Acme',
  subdomain: 'acme',
  occasion: 1,
  sealedToken,
  expiresAt: '2025-01-23T09:00:00.000Z',
};

const securityEventRecorded = {
  id: '0197a3c0-aaaa-7000-8000-000000000001',
  kind: 'member.role_changed',
  actorKind: 'user',
  actorId: userId,
  userId: '0197a3c0-6666-7000-8000-000000000002',
  clientAddress: '192.0.2.1',
  userAgent: 'curl/8.5.0',
  details: { role: 'analyst' },
  recordedAt: '2025-01-16T09:00:00.000Z',
};

/** What identity tells of people, their sessions and invitations. */
export const eventsOfIdentity = {
  'outlay.identity.member.joined.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberJoined',
    subject: 'user',
    summary: 'A person became a member of a tenant.',
    codec: messages.MemberJoined,
    example: memberJoined,
  }),
  'outlay.identity.session.revoked.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.SessionRevoked',
    subject: 'session',
    summary: 'A session was closed before its end.',
    codec: messages.SessionRevoked,
    example: sessionRevoked,
  }),
  'outlay.identity.member.role_changed.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberRoleChanged',
    subject: 'user',
    summary: 'A member has another role.',
    codec: messages.MemberRoleChanged,
    example: memberRoleChanged,
  }),
  'outlay.identity.member.updated.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberUpdated',
    subject: 'user',
    summary: 'Name or address of a member changed.',
    codec: messages.MemberUpdated,
    example: memberUpdated,
  }),
  'outlay.identity.member.removed.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.MemberRemoved',
    subject: 'user',
    summary: 'A person belongs to the tenant no more.',
    codec: messages.MemberRemoved,
    example: memberRemoved,
  }),
  'outlay.identity.person.erased.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.PersonErased',
    subject: 'user',
    summary: 'The personal data of somebody who belonged to the tenant is to be forgotten.',
    codec: messages.PersonErased,
    example: personErased,
  }),
  'outlay.identity.email_verification.requested.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.EmailVerificationRequested',
    subject: 'user',
    summary: 'An address awaits its verification.',
    codec: messages.EmailVerificationRequested,
    example: emailVerificationRequested,
  }),
  'outlay.identity.password_reset.requested.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.PasswordResetRequested',
    subject: 'user',
    summary: 'Somebody with this address asks for a new password.',
    codec: messages.PasswordResetRequested,
    example: passwordResetRequested,
  }),
  'outlay.identity.credentials.changed.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.CredentialsChanged',
    subject: 'user',
    summary: 'A person signs in another way from now on.',
    codec: messages.CredentialsChanged,
    example: credentialsChanged,
  }),
  'outlay.identity.invitation.sent.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.InvitationSent',
    subject: 'invitation',
    summary: 'Somebody was invited to the tenant.',
    codec: messages.InvitationSent,
    example: invitationSent,
  }),
  'outlay.identity.security_event.recorded.v1': defineEvent({
    owner: 'identity',
    message: 'outlay.identity.events.v1.SecurityEventRecorded',
    subject: 'security event',
    summary: 'The security log has a new entry.',
    codec: messages.SecurityEventRecorded,
    example: securityEventRecorded,
  }),
} as const;
