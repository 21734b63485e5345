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

// Of the first expense that has an entry: one that has none is named by itself. The first posting of an entry is in the
// currency of the books (src/domain/journal-entry.ts).
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
  select debit.currency
  from expenses
  cross join lateral (
    select posting.currency from postings as posting
    where posting.tenant_id = $1 and posting.recorded_at = expenses.entry_recorded_at
      and posting.entry_id = expenses.entry_id
    order by posting.line
    limit 1
  ) as debit
  where expenses.tenant_id = $1
  order by expenses.id
  limit 1
) as booked
cross join lateral (
  select concat_ws(
    ', ',
    case when tenant.currency is distinct from booked.currency then 'currency' end,
    case when tenant.currency_fixed_at is null then 'currency fixed' end
  ) as differences
  offset 0
) as compared
where compared.differences <> ''`,
};
