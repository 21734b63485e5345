import type { TenantContext } from '@outlay/platform';
import type { Invitation, InvitationStatus } from '../domain/invitation.ts';
import { listInvitations } from '../store/invitations.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** The invitations of the tenant, newest first, at most `count`, behind the one with the id `after`. */
export function createListInvitations({ database, clock }: IdentityDependencies) {
  return (
    context: TenantContext,
    query: { status: InvitationStatus | undefined; after: string | undefined; count: number },
  ): Promise<Invitation[]> => {
    const { status, after, count: limit } = query;
    const list = { status, after, limit, now: clock() };
    return database.withTenant(context, (session) => listInvitations(session, context.tenantId, list), {
      readOnly: true,
    });
  };
}
