import type { Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';

/**
 * Holds the currency of the books against the entry of an expense: all are in one currency, which cannot change once
 * something is booked. Before that, tenancy-billing changes it, and no audit entry says so.
 */
export async function compareTenant(session: Session): Promise<JournalFault[]> {
  const { rows } = await session.query<{ differences: string }>(compareStatement, [session.tenantId]);
  return rows.map(({ differences }) => ({
    ...{ kind: 'reference_changed', entryId: '', sequence: 0n, entity: 'tenant', entityId: session.tenantId },
    detail: `The tenant is not what its books say: ${differences}`,
  }));
}

// The first posting of an expense's entry is in the currency of the books (src/domain/journal-entry.ts).
const compareStatement = {
  name: 'compare_tenant',
  text: `
select compared.differences
from (
  select tenants.currency, tenants.currency_fixed_at from tenants
  where tenants.tenant_id = $1
  offset 0
) as tenant
cross join lateral (
  select expenses.entry_id, expenses.entry_recorded_at from expenses
  where expenses.tenant_id = $1
  order by expenses.id
  limit 1
) as expense
cross join lateral (
  select posting.currency from postings as posting
  where posting.tenant_id = $1 and posting.recorded_at = expense.entry_recorded_at
    and posting.entry_id = expense.entry_id
  order by posting.line
  limit 1
) as booked
cross join lateral (
  select concat_ws(
    ', ',
    case when tenant.currency <> booked.currency then 'currency' end,
    case when tenant.currency_fixed_at is null then 'currency fixed' end
  ) as differences
  offset 0
) as compared
where compared.differences <> ''`,
};
