import { conflict, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { setCurrency } from '../store/tenants.ts';
import type { LedgerDependencies } from './dependencies.ts';

/**
 * Chooses the currency a tenant's books are kept in. Repeating it changes nothing; the currency is answered.
 * Throws conflict `currency_fixed` once something is booked in another one; not_found `tenant_not_found`; unavailable.
 */
export async function setTenantCurrency(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  currency: string,
): Promise<{ currency: string }> {
  await tenants.ensure(context);
  await database.withTenant(context, async (session) => {
    const { currency: holding, isChanged } = await setCurrency(session, currency);
    if (holding !== currency) {
      throw conflict('currency_fixed', 'The currency cannot change any more, as something is booked in it');
    }
    if (!isChanged) return;
    await recordAudit(session, context, {
      action: 'tenant.currency_set',
      entity: 'tenant',
      entityId: context.tenantId,
      after: { currency },
    });
  });
  return { currency };
}
