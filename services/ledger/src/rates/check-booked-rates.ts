import { type Database, type Logger, systemContext, type TenantId } from '@outlay/platform';
import { recordLeftOut, restateExpenses } from './restate-expenses.ts';

const batchSize = 200;
const tenantsAtOnce = 50;

/**
 * Looks once more at each expense that was booked at a listed rate, after its commit, and restates the few whose rate was
 * corrected while they were being booked: the correction could not see them, and they could not see the correction. With
 * it the books come to the same whichever of the two came first; what could not be restated is named in the audit trail.
 * A tenant whose expenses cannot be looked at is logged, keeps its checks for the next time, and holds up nobody else. Any
 * number of processes together; answers how many were restated.
 */
export async function checkBookedRates({ database, logger }: { database: Database; logger: Logger }): Promise<number> {
  let restated = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const tenants = await findWaitingTenants(database, after);
    for (const tenantId of tenants) {
      try {
        restated += await checkTenant(database, tenantId);
      } catch (error) {
        logger.error({ error, tenant_id: tenantId }, 'rates of what a tenant has booked could not be checked');
      }
    }
    const last = tenants.at(-1);
    if (last === undefined || tenants.length < tenantsAtOnce) return restated;
    after = last;
  }
}

async function checkTenant(database: Database, tenantId: TenantId): Promise<number> {
  let restated = 0;
  for (;;) {
    const batch = await database.withTenant({ tenantId }, async (session) => {
      const { rows } = await session.query<{ expense_id: string }>(nextStatement, [tenantId, batchSize]);
      const ids = [...new Set(rows.map((row) => row.expense_id))];
      const context = systemContext(tenantId);
      const { restated: count, leftOut } = await restateExpenses(session, context, ids);
      await recordLeftOut(session, context, leftOut, { entity: 'rate_check', id: undefined });
      return { size: rows.length, restated: count };
    });
    restated += batch.restated;
    if (batch.size < batchSize) return restated;
  }
}

// What another process looks at is passed over, and what is dropped is dropped by restateExpenses.
const nextStatement = {
  name: 'read_next_rate_checks',
  text: `
select rate_checks.expense_id from rate_checks
where rate_checks.tenant_id = $1
order by rate_checks.id
limit $2`,
};

async function findWaitingTenants(database: Database, after: string): Promise<TenantId[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: TenantId }>(waitingTenantsStatement, [after, tenantsAtOnce]),
  );
  return rows.map((row) => row.tenant_id);
}

// One index lookup for each tenant, however many checks it has.
const waitingTenantsStatement = {
  name: 'find_tenants_with_rate_checks',
  text: `
with recursive waiting as (
  (
    select checks.tenant_id, 1 as position from rate_checks as checks
    where checks.tenant_id > $1 order by checks.tenant_id limit 1
  )
  union all
  select next.tenant_id, waiting.position + 1
  from waiting
  cross join lateral (
    select checks.tenant_id from rate_checks as checks
    where checks.tenant_id > waiting.tenant_id order by checks.tenant_id limit 1
  ) as next
  where waiting.position < $2
)
select waiting.tenant_id from waiting order by waiting.position`,
};
