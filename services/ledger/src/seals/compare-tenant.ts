import type { Session } from '@outlay/platform';
import type { JournalFault } from './chain/verify-seals.ts';

/**
 * Holds the currency of the books against the entry of an expense: all are in one currency, which cannot change once
 * something is booked. Before that, tenancy-billing changes it, no audit entry says so, and nothing need be known of the tenant.
 */
export async function compareTenant(session: Session): Promise<JournalFault[]> {
  const { rows } = await session.query<ComparedTenant>(compareStatement, [session.tenantId]);
  return rows.flatMap(faultsOf).map((fault) => ({
    ...{ ...fault, entryId: '', sequence: 0n, entity: 'tenant', entityId: session.tenantId },
  }));
}

interface ComparedTenant {
  /** How many rows there are of the tenant; 2 of any more. */
  count: number;
  is_booked: boolean;
  /** Empty or null: none. */
  differences: string | null;
}

function faultsOf({ count, is_booked, differences }: ComparedTenant): Pick<JournalFault, 'kind' | 'detail'>[] {
  if (count === 0) {
    const detail = 'What the ledger knew of the tenant is gone, and something is booked';
    return is_booked ? [{ kind: 'reference_missing', detail }] : [];
  }
  return [
    ...(count > 1 ? [{ kind: 'reference_changed' as const, detail: 'The tenant is there more than once' }] : []),
    ...(differences
      ? [{ kind: 'reference_changed' as const, detail: `The tenant is not what its books say: ${differences}` }]
      : []),
  ];
}

// Of the first expense that has an entry: one that has none is named by itself. The first posting of an entry is in the
// currency of the books (src/domain/journal-entry.ts).
const compareStatement = {
  name: 'compare_tenant',
  text: `
select found.count, booked.is_booked, compared.differences
from (
  select count(*)::int as count
  from (select from tenants where tenants.tenant_id = $1 limit 2) as tenant
) as found
cross join lateral (
  select count(*) > 0 as is_booked
  from (
    select from journal_entries
    where found.count = 0 and journal_entries.tenant_id = $1
    order by journal_entries.recorded_at, journal_entries.id
    limit 1
  ) as entry
) as booked
left join lateral (
  select concat_ws(
    ', ',
    case when tenant.currency is distinct from debit.currency then 'currency' end,
    case when tenant.currency_fixed_at is null then 'currency fixed' end
  ) as differences
  from (
    select tenants.currency, tenants.currency_fixed_at from tenants
    where tenants.tenant_id = $1
    limit 1
  ) as tenant
  cross join expenses
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
) as compared on true`,
};
