import { anonymousContext, isDomainError } from '@outlay/platform';
import type { Registration } from '../domain/registration.ts';
import { abandonRegistration, listStaleRegistrations } from '../store/registrations.ts';
import type { TenancyDependencies } from './dependencies.ts';
import { makeTenant } from './make-tenant.ts';

/** Longer than any attempt can take: its calls have deadlines of seconds, and identity makes nobody half a minute late. */
const staleAfterMs = 60_000;

/**
 * Brings registrations to an end that a crash, or an answer that never came, has cut off: where identity has the owner
 * the tenant is made, else the subdomain is free again. Throws unavailable while identity is away.
 */
export function createSettleRegistrations(dependencies: TenancyDependencies) {
  const { database, neighbours, logger } = dependencies;

  async function settle(registration: Registration, before: Date): Promise<void> {
    const context = { ...anonymousContext(), actor: { kind: 'service' as const, id: 'tenancy-billing' } };
    const owner = await neighbours.findOwner(context, registration.id);
    if (owner) await makeTenant(dependencies, context, registration, owner);
    else await database.withGlobal(({ prisma }) => abandonRegistration(prisma, registration, { before }));
    logger.info({ tenant_id: registration.id, is_completed: owner !== undefined }, 'registration settled');
  }

  return async (now: Date): Promise<void> => {
    const before = new Date(now.getTime() - staleAfterMs);
    const stale = await database.withGlobal(({ prisma }) => listStaleRegistrations(prisma, before), { readOnly: true });
    for (const registration of stale) {
      try {
        await settle(registration, before);
      } catch (error) {
        // With identity away the others would fare no better. Anything else is this one's own, and must not hold them up.
        if (isDomainError(error, 'unavailable') || isDomainError(error, 'deadline_exceeded')) throw error;
        logger.error({ error, tenant_id: registration.id }, 'registration cannot be settled');
      }
    }
  };
}
