import { type Database, nilId, systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { lastDayOf } from './effective-rate.ts';
import { findToSpread, markSpread } from './platform-rate-store.ts';
import { askForRestatement } from './restatement-store.ts';

const tenantsAtOnce = 100;

/**
 * Asks for a restatement in each tenant that has booked at the platform's rates of the days that an import has changed. May
 * be repeated and broken off at any point: each tenant is asked once for each import.
 */
export async function spreadPlatformRates(
  { database, isReady }: { database: Database; isReady: () => boolean },
  importId: string,
): Promise<void> {
  const made = await database.withGlobal((session) => findToSpread(session, importId));
  if (made?.changed === undefined) return;
  const { changed, requestId } = made;
  let after = nilId;
  for (;;) {
    const tenants = await findTenants(database, after, { from: changed.from, to: lastDayOf(changed.to) });
    for (const { tenantId } of tenants.filter((tenant) => tenant.isConcerned)) {
      const context = systemContext(tenantId, requestId);
      const cause = { kind: 'platform_import', id: importId, revision: 0 } as const;
      await database.withTenant(context, (session) =>
        askForRestatement(session, context, { cause, dates: changed, isReady: isReady() }),
      );
    }
    const last = tenants.at(-1);
    if (last === undefined || tenants.length < tenantsAtOnce) break;
    after = last.tenantId;
  }
  await database.withGlobal((session) => markSpread(session, importId));
}

async function findTenants(
  database: Database,
  after: string,
  { from, to }: { from: string; to: string },
): Promise<{ tenantId: TenantId; isConcerned: boolean }[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: string; is_concerned: boolean }>(tenantsStatement, [after, from, to, tenantsAtOnce]),
  );
  return rows.map((row) => ({ tenantId: toTenantId(row.tenant_id), isConcerned: row.is_concerned }));
}

// Two index lookups for each tenant that has ever booked at a listed rate, and none for the others.
const tenantsStatement = {
  name: 'find_tenants_at_listed_rates',
  text: `
with recursive booked as (
  (
    select expenses.tenant_id, 1 as position from expenses
    where expenses.tenant_id > $1 and expenses.rate_source in ('tenant', 'platform') and expenses.status = 'posted'
    order by expenses.tenant_id limit 1
  )
  union all
  select next.tenant_id, booked.position + 1
  from booked
  cross join lateral (
    select expenses.tenant_id from expenses
    where expenses.tenant_id > booked.tenant_id
      and expenses.rate_source in ('tenant', 'platform') and expenses.status = 'posted'
    order by expenses.tenant_id limit 1
  ) as next
  where booked.position < $4
)
select booked.tenant_id, exists (
    select from expenses
    where expenses.tenant_id = booked.tenant_id and expenses.expense_date between $2::date and $3::date
      and expenses.rate_source in ('tenant', 'platform') and expenses.status = 'posted'
  ) as is_concerned
from booked
order by booked.position`,
};
