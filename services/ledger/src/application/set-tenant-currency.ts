import { conflict, DomainError, type TenantContext } from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { findCurrencyForUpdate, setCurrency } from '../store/tenants.ts';
import type { LedgerDependencies } from './dependencies.ts';

export interface SetTenantCurrency {
  currency: string;
  /** Goes up each time that the currency is asked for. */
  asking: bigint;
}

/**
 * Chooses the currency a tenant's books are kept in. Repeating it changes nothing; the currency is answered.
 * Throws conflict `currency_fixed`, with the currency of the books as its `currency`, once something is booked in another
 * one; conflict `changed_meanwhile` where a later asking was heard already; not_found `tenant_not_found`; unavailable.
 */
export async function setTenantCurrency(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  { currency, asking }: SetTenantCurrency,
): Promise<{ currency: string }> {
  await tenants.ensure(context);
  await database.withTenant(context, async (session) => {
    const before = await findCurrencyForUpdate(session, asking);
    if (before?.isFixed) {
      if (before.currency !== currency) throw currencyFixed(before.currency);
      return;
    }
    if (before?.isOutdated) throw conflict('changed_meanwhile', 'The currency was asked for again since');
    await setCurrency(session, currency, asking);
    if (before?.currency === currency) return;
    await recordAudit(session, context, {
      action: 'tenant.currency_set',
      entity: 'tenant',
      entityId: context.tenantId,
      after: { currency },
    });
  });
  return { currency };
}

const currencyFixed = (currency: string): DomainError =>
  new DomainError('conflict', 'currency_fixed', 'The currency cannot change any more, as something is booked in it', {
    meta: { currency },
  });
