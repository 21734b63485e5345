import type { assignableRoles } from './person.ts';

/** An address that was asked to join a tenant. */
export interface Invitation {
  id: string;
  email: string;
  role: (typeof assignableRoles)[number];
  status: InvitationStatus;
  invitedBy: string;
  /** When it was mailed last. */
  invitedAt: Date;
  expiresAt: Date;
  acceptedAt: Date | undefined;
  version: bigint;
}

export const invitationStatuses = ['pending', 'accepted', 'revoked', 'expired'] as const;

export type InvitationStatus = (typeof invitationStatuses)[number];

/** How long the token of an invitation is good for. */
export const invitationMs = 7 * 24 * 3_600_000;

/** Mails of invitations that a tenant may send in an hour: more would be somebody who mails strangers in our name. */
export const invitationsPerHour = 100;
