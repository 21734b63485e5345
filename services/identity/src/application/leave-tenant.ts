import { identity as contract } from '@outlay/contracts';
import { conflict, type TenantContext } from '@outlay/platform';
import { findMember } from '../store/memberships.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { memberNotFound } from './get-member.ts';
import { once } from './once.ts';
import { takeOut } from './remove-member.ts';
import { holdTenant } from './seats.ts';

/**
 * Takes the caller out of the tenant and closes their sessions in it, this one too. Emits member.removed and
 * session.revoked. Honours the idempotency key. Throws conflict `owner_cannot_leave`.
 */
export function createLeaveTenant({ database, secrets, revocations, clock }: IdentityDependencies) {
  return async (context: TenantContext): Promise<contract.LeaveTenantResponse> => {
    const asked = { operation: 'LeaveTenant', request: {}, codec: contract.LeaveTenantResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        await holdTenant(session, context.tenantId);
        const member = (await findMember(session, context.tenantId, context.actor.id)) ?? memberNotFound();
        if (member.role === 'owner') {
          throw conflict('owner_cannot_leave', 'Make somebody else the owner first; then you can leave');
        }
        const { sessionIds } = await takeOut(session, context, { member, reason: 'left', at: clock() });
        return { sessionIds, replayed: false };
      }),
    );
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}
