import { identity as contract } from '@outlay/contracts';
import { conflict, preconditionFailed, type TenantContext } from '@outlay/platform';
import { findMember } from '../store/memberships.ts';
import { giveRole } from './change-member-role.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { memberNotFound } from './get-member.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { holdTenant } from './seats.ts';
import { recordSecurity } from './security-log.ts';

/**
 * Makes another member the owner; the present one becomes an admin, and the sessions of both in the tenant are closed.
 * Emits member.role_changed of both. Honours the idempotency key. Of two transfers at once one wins, and the other finds
 * its caller no longer the owner. Throws forbidden `role_required`, not_found `member_not_found`, conflict
 * `own_membership` for whoever names themselves, precondition_failed `version_mismatch` where the successor's membership
 * is not as the caller has seen it.
 */
export function createTransferOwnership({ database, secrets, revocations, clock }: IdentityDependencies) {
  return async (
    context: TenantContext,
    command: { userId: string; version: bigint | undefined },
  ): Promise<contract.TransferOwnershipResponse> => {
    const { tenantId } = context;
    const asked = { operation: 'TransferOwnership', request: command, codec: contract.TransferOwnershipResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        await holdTenant(session, tenantId);
        const present = await assertStill(session, context, ['owner']);
        const successor = (await findMember(session, tenantId, command.userId)) ?? memberNotFound();
        if (successor.user.id === present.user.id) throw conflict('own_membership', 'You are the owner already');
        if (command.version !== undefined && command.version !== successor.version) {
          throw preconditionFailed('version_mismatch', 'The member has changed since');
        }
        const at = clock();
        // In this order, as a tenant has at most one owner at any time.
        const former = await giveRole(session, context, { member: present, role: 'admin', at });
        const owner = await giveRole(session, context, { member: successor, role: 'owner', at });
        await recordSecurity(session, context, [tenantId], {
          kind: 'owner.transferred',
          userId: command.userId,
          details: { previous_owner_id: present.user.id },
          at,
        });
        return { owner: owner.member, sessionIds: [...former.sessionIds, ...owner.sessionIds], replayed: false };
      }),
    );
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}
