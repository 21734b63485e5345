import { DomainError, type Session } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';

/** What a transaction must know before it books. */
export interface BookingBasis {
  /** The tenant's currency, fixed from now on. */
  currency: string;
  /** The instant of the transaction. */
  recordedAt: Date;
  /** Names of the categories, accounts and projects that the bookings refer to, by id. */
  names: ReadonlyMap<string, string>;
  /** Those among them that are archived. */
  archivedIds: ReadonlySet<string>;
  /** What the accounts among them are kept in. */
  accountCurrencies: ReadonlyMap<string, string>;
}

/** Reads what bookings are made on, and fixes the tenant's currency when this is its first booking. */
export async function prepareBooking(
  session: Session,
  bookings: readonly { expense: Pick<Booking['expense'], 'categoryId' | 'accountId' | 'projectId'> }[],
): Promise<BookingBasis> {
  const idsOf = (key: 'categoryId' | 'accountId' | 'projectId') => [
    ...new Set(bookings.flatMap(({ expense }) => expense[key] ?? [])),
  ];
  const { rows } = await session.query<{
    currency: string;
    is_fixed: boolean;
    recorded_at: Date;
    names: Record<string, string> | null;
    archived_ids: string[] | null;
    account_currencies: Record<string, string> | null;
  }>(basisStatement, [session.tenantId, idsOf('categoryId'), idsOf('accountId'), idsOf('projectId')]);
  const [basis] = rows;
  if (basis === undefined) throw new DomainError('internal', 'tenant_missing', 'The tenant is not known to the ledger');
  return {
    // What was read may have changed until now; once fixed it cannot.
    currency: basis.is_fixed ? basis.currency : await fixCurrency(session),
    recordedAt: basis.recorded_at,
    names: new Map(Object.entries(basis.names ?? {})),
    archivedIds: new Set(basis.archived_ids),
    accountCurrencies: new Map(Object.entries(basis.account_currencies ?? {})),
  };
}

async function fixCurrency(session: Session): Promise<string> {
  await session.query(
    `update tenants set currency_fixed_at = now()
     where tenants.tenant_id = $1 and tenants.currency_fixed_at is null`,
    [session.tenantId],
  );
  const { rows } = await session.query<{ currency: string }>(
    'select tenants.currency from tenants where tenants.tenant_id = $1',
    [session.tenantId],
  );
  return rows[0]?.currency ?? '';
}

const basisStatement = {
  name: 'booking_basis',
  text: `
select tenants.currency, tenants.currency_fixed_at is not null as is_fixed, now() as recorded_at,
  referred.names, referred.archived_ids,
  (
    select json_object_agg(accounts.id, accounts.currency) from accounts
    where accounts.tenant_id = $1 and accounts.id = any ($3::uuid[])
  ) as account_currencies
from tenants
cross join lateral (
  select json_object_agg(named.id, named.name) as names,
    json_agg(named.id) filter (where named.archived_at is not null) as archived_ids
  from (
    select categories.id, categories.name, categories.archived_at from categories
    where categories.tenant_id = $1 and categories.id = any ($2::uuid[])
    union all
    select accounts.id, accounts.name, accounts.archived_at from accounts
    where accounts.tenant_id = $1 and accounts.id = any ($3::uuid[])
    union all
    select projects.id, projects.name, projects.archived_at from projects
    where projects.tenant_id = $1 and projects.id = any ($4::uuid[])
  ) as named
) as referred
where tenants.tenant_id = $1`,
};
