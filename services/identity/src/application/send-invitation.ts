import { enqueueEvents } from '@outlay/messaging';
import { conflict, type DomainError, notFound, rateLimited, recordAudit, type TenantContext } from '@outlay/platform';
import { type Invitation, invitationMs, invitationsPerHour } from '../domain/invitation.ts';
import { hashOpaqueToken, newOpaqueToken } from '../domain/opaque-token.ts';
import type { Member } from '../domain/person.ts';
import { invitationSent } from '../messaging/invitation-sent.ts';
import type { IdentitySession } from '../store/database.ts';
import { countInvitationsMailed } from '../store/invitations.ts';
import type { LockedTenant } from '../store/tenants.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { recordSecurity } from './security-log.ts';

/** What the invitee shows, what is kept of it, and how long it is good for. */
export interface InvitationToken {
  text: string;
  hash: Buffer;
  expiresAt: Date;
}

export function newInvitationToken(now: Date): InvitationToken {
  const text = newOpaqueToken();
  const hash = hashOpaqueToken(text);
  if (!hash) throw new Error('A token of our own making is not one');
  return { text, hash, expiresAt: new Date(now.getTime() + invitationMs) };
}

const hourMs = 3_600_000;

/**
 * Makes sure that the tenant has not mailed too many invitations within the hour. Exact while the tenant is held. Throws
 * rate_limited `too_many_invitations`.
 */
export async function assertPace(session: IdentitySession, { tenantId }: TenantContext, now: Date): Promise<void> {
  const { mailed, firstAt = now } = await countInvitationsMailed(session, tenantId, new Date(now.getTime() - hourMs));
  if (mailed < invitationsPerHour) return;
  const waitMs = Math.max(1, firstAt.getTime() + hourMs - now.getTime());
  throw rateLimited('too_many_invitations', `At most ${invitationsPerHour} invitations leave within an hour`, waitMs);
}

/** Has an invitation mailed, in the session's transaction, and notes who sent it. */
export async function sendInvitation(
  { mailTokens }: Pick<IdentityDependencies, 'mailTokens'>,
  session: IdentitySession,
  context: TenantContext,
  sent: { invitation: Invitation; occasion: number; token: InvitationToken; tenant: LockedTenant; inviter: Member },
): Promise<void> {
  const { invitation, occasion, token, tenant, inviter } = sent;
  const { id, role, invitedAt } = invitation;
  await recordAudit(session, context, {
    action: 'invitation.sent',
    entity: 'invitation',
    entityId: id,
    after: { role, occasion },
  });
  await recordSecurity(session, context, [context.tenantId], {
    kind: 'member.invited',
    details: { invitation_id: id, role, occasion },
    at: invitedAt,
  });
  const inviterName = `${inviter.user.firstName} ${inviter.user.lastName}`;
  const sealedToken = mailTokens.seal(token.text, id);
  await enqueueEvents(session, context, [
    invitationSent(context.tenantId, { invitation, inviterName, tenant, occasion, sealedToken }),
  ]);
}

/** Also of another tenant's, and of a token that is good no more. */
export function invitationNotFound(): never {
  throw notFound('invitation_not_found', 'There is no such invitation, or it is open no more');
}

/** It was accepted or revoked, or its address was invited anew. */
export function invitationClosed(): DomainError {
  return conflict('invitation_closed', 'The invitation is open no more');
}
