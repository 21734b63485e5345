import { type Database, type Logger, nilId, type Session, systemContext, type TenantId } from '@outlay/platform';
import { recordLeftOut, restateExpenses } from './restate-expenses.ts';

const batchSize = 200;
const tenantsAtOnce = 50;

/**
 * Looks once more at each expense that was booked at a listed rate, after its commit, and restates the few whose rate was
 * corrected while they were being booked: the correction could not see them, and they could not see the correction. With
 * it the books come to the same whichever of the two came first; what could not be restated is named in the audit trail.
 * A tenant whose expenses cannot be looked at is logged, keeps its checks for the next time, and holds up nobody else. Any
 * number of processes together, of which one at a time is at work for a tenant; the others pass it over. Answers how many
 * were restated.
 */
export async function checkBookedRates({ database, logger }: { database: Database; logger: Logger }): Promise<number> {
  let restated = 0;
  // In turns, a batch each, so that nobody waits for the end of another's backlog.
  let turn = await findAllWaiting(database);
  while (turn.length > 0) {
    const unfinished: TenantId[] = [];
    for (const tenantId of turn) {
      try {
        const checked = await checkBatch(database, tenantId);
        restated += checked.restated;
        if (checked.isMore) unfinished.push(tenantId);
      } catch (error) {
        logger.error({ error, tenant_id: tenantId }, 'rates of what a tenant has booked could not be checked');
      }
    }
    turn = unfinished;
  }
  return restated;
}

function checkBatch(database: Database, tenantId: TenantId): Promise<{ restated: number; isMore: boolean }> {
  return database.withTenant({ tenantId }, async (session) => {
    if (!(await takeChecks(session))) return { restated: 0, isMore: false };
    // A statement of its own, after the lock: one that took both would see what the one before has dropped.
    const { rows } = await session.query<{ expense_id: string }>(nextStatement, [tenantId, batchSize]);
    const ids = [...new Set(rows.map((row) => row.expense_id))];
    const context = systemContext(tenantId);
    const { restated, leftOut, awaited } = await restateExpenses(session, context, ids);
    // A restatement that had an expense in hand has left it out by itself, and named it.
    const unnamed = leftOut.filter(({ expenseId }) => awaited.has(expenseId));
    await recordLeftOut(session, context, unnamed, { entity: 'rate_check', id: undefined });
    return { restated, isMore: rows.length === batchSize };
  });
}

/** Takes a tenant's checks for the session's transaction; false while another process has them. */
async function takeChecks(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ is_ours: boolean }>(takeStatement, [session.tenantId]);
  return rows[0]?.is_ours ?? false;
}

// Not the rows: whoever restates locks expenses first and drops their checks after, and two would wait for each other.
const takeStatement = {
  name: 'take_rate_checks',
  text: "select pg_try_advisory_xact_lock(hashtextextended('rate checks of ' || $1::text, 0)) as is_ours",
};

const nextStatement = {
  name: 'read_next_rate_checks',
  text: `
select rate_checks.expense_id from rate_checks
where rate_checks.tenant_id = $1
order by rate_checks.id
limit $2`,
};

async function findAllWaiting(database: Database): Promise<TenantId[]> {
  const all: TenantId[] = [];
  for (;;) {
    const tenants = await findWaitingTenants(database, all.at(-1) ?? nilId);
    all.push(...tenants);
    if (tenants.length < tenantsAtOnce) return all;
  }
}

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
