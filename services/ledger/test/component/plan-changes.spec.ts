import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerEvents } from '@outlay/contracts';
import { createSilentLogger, isDomainError, newId, systemContext, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { keepEntitlements } from '../../src/store/tenants.ts';
import {
  anExpense,
  entitlementsOf,
  type Limits,
  startLedger,
  type TestLedger,
  type TestTenant,
} from './driver/start-ledger.ts';

let ledger: TestLedger;
let database: ReturnType<typeof createLedgerDatabase>;
const tenants: TestTenant[] = [];
beforeAll(async () => {
  ledger = await startLedger();
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});
afterEach(async () => {
  for (const { tenantId } of tenants.splice(0)) {
    expect(await ledger.query('select * from ledger.usage_faults($1)', [tenantId])).toEqual([]);
  }
});

describe('another plan', () => {
  it('of a tenant with 20,000 projects changes no counter, and holds for each of them', async () => {
    const tenant = await tenantOn({});
    const { once, twice } = await fillProjects(tenant, 20_000);

    await changePlan(tenant, 2, { expenses_per_project: { limit: 1, mode: 'hard' } });

    expect(await countersOf(tenant, 'limits_version = 2')).toBe(0);
    for (const projectId of [once, ...twice]) {
      await expect(record(tenant, projectId)).rejects.toMatchObject({ code: 'plan_limit_reached' });
    }
    await changePlan(tenant, 3, { expenses_per_project: { limit: 2, mode: 'hard' } });
    await record(tenant, once);
    await expect(record(tenant, once)).rejects.toMatchObject({ meta: { limit: '2', used: '2' } });
  }, 120_000);

  it('is told for each counter that it alone brings to its limit, and for none a second time', async () => {
    const [tenant, other] = [await tenantOn({}), await tenantOn({})];
    const { twice } = await fillProjects(tenant, 1_200, 1_100);
    await fillProjects(other, 10);

    await changePlan(tenant, 2, { expenses_per_project: { limit: 1, mode: 'soft' } });

    await eventually(async () => expect((await reachedOf(tenant)).toSorted()).toEqual(twice.toSorted()), patiently);
    await changePlan(tenant, 3, { expenses_per_project: { limit: 1, mode: 'soft' } });
    await settled(tenant);
    expect(await reachedOf(tenant)).toHaveLength(twice.length);
    await changePlan(tenant, 4, {});
    await settled(tenant);
    await changePlan(tenant, 5, { expenses_per_project: { limit: 1, mode: 'soft' } });
    await eventually(async () => expect(await reachedOf(tenant)).toHaveLength(2 * twice.length), patiently);
    expect(await reachedOf(other)).toEqual([]);
  }, 120_000);

  it('waits for nobody who counts, and who counts waits for no other plan', async () => {
    const tenant = await tenantOn({ projects: { limit: 2, mode: 'hard' } });
    const [first, second] = [newId(), newId()];
    const make = 'insert into projects (tenant_id, id, name) values ($1, $2, $3)';
    const makeAccount = "insert into accounts (tenant_id, id, name, kind, currency) values ($1, $2, $3, 'card', 'EUR')";

    const counting = database.withTenant(systemContext(toTenantId(tenant.tenantId)), async (session) => {
      await session.query(make, [tenant.tenantId, first, 'One']);
      await changePlan(tenant, 2, { projects: { limit: 1, mode: 'hard' } });
      // One counter is made now, the other was shared out by the plan before.
      await session.query(makeAccount, [tenant.tenantId, first, 'Card']);
      await session.query(make, [tenant.tenantId, second, 'Two']);
    });

    await expect(counting).rejects.toMatchObject({ code: 'plan_limit_reached' });
    await ledger.client.createProject(tenant.owner, { name: 'One' });
    await expect(ledger.client.createProject(tenant.owner, { name: 'Two' })).rejects.toMatchObject({
      meta: { metric: 'projects', limit: '1', used: '1' },
    });
  });

  it('after the other leaves each counter true while expenses are recorded', async () => {
    const tenant = await tenantOn({});
    const projects: string[] = [];
    for (let count = 0; count < 6; count++) {
      projects.push((await ledger.client.createProject(tenant.owner, { name: `P${count}` })).project!.id);
    }
    const plans: Limits[] = [
      { expenses_per_project: { limit: 5, mode: 'soft' }, expenses_total: { limit: 100_000, mode: 'hard' } },
      { expenses_per_project: { limit: 100_000, mode: 'hard' } },
      {},
      { expenses_per_project: { limit: 20, mode: 'hard' }, expenses_total: { limit: 2_000, mode: 'soft' } },
    ];

    const inputs = (from: number) =>
      Array.from({ length: 30 }, (_, index) => anExpense({ projectId: projects[(from + index) % 6] ?? '' }));
    const recording = Promise.allSettled(
      Array.from({ length: 20 }, (_, round) =>
        ledger.client.recordExpenses(tenant.owner, { inputs: inputs(round), perRow: true }),
      ),
    );
    for (let version = 2; version < 22; version++) await changePlan(tenant, version, plans[version % 4]!);

    for (const outcome of await recording) {
      if (outcome.status === 'rejected') expect(isDomainError(outcome.reason, 'unavailable')).toBe(true);
    }
  }, 120_000);
});

describe('a project that is removed', () => {
  it('leaves no counter behind, and one that is archived keeps its own', async () => {
    const tenant = await tenantOn({ expenses_per_project: { limit: 5, mode: 'soft' } });
    const [kept, mistaken] = [
      (await ledger.client.createProject(tenant.owner, { name: 'Kept' })).project!.id,
      (await ledger.client.createProject(tenant.owner, { name: 'Mistaken' })).project!.id,
    ];
    const { expense } = await record(tenant, mistaken);
    await ledger.client.editExpense(tenant.owner, {
      expenseId: expense!.id,
      input: anExpense({ projectId: kept }),
      updateMask: ['project_id'],
    });
    expect(await countersOf(tenant, `scope_id = '${mistaken}'`)).toBeGreaterThan(0);

    const removed = await ledger.client.deleteProject(tenant.owner, { projectId: mistaken });
    const archived = await ledger.client.deleteProject(tenant.owner, { projectId: kept });

    expect([removed.archived, archived.archived]).toEqual([false, true]);
    expect(await countersOf(tenant, `scope_id = '${mistaken}'`)).toBe(0);
    expect(await countersOf(tenant, `scope_id = '${kept}'`)).toBeGreaterThan(0);
  });
});

async function tenantOn(limits: Limits): Promise<TestTenant> {
  const tenant = await ledger.tenant({ limits });
  tenants.push(tenant);
  return tenant;
}

const record = (tenant: TestTenant, projectId: string) =>
  ledger.client.recordExpense(tenant.owner, { input: anExpense({ projectId }) });

/** As the event of tenancy-billing does. */
async function changePlan({ tenantId: id }: TestTenant, version: number, limits: Limits): Promise<void> {
  const tenantId = toTenantId(id);
  await database.withTenant({ tenantId }, async (session) => {
    const entitlements = entitlementsOf(limits).map(({ limit, ...rest }) => ({ ...rest, limit: BigInt(limit) }));
    expect(await keepEntitlements(session, { plan: 'basic', entitlements, version })).toBe(true);
  });
}

/** So many projects with an expense each, some with two, as if they were there already. */
async function fillProjects(tenant: TestTenant, count: number, twiceCount = 3) {
  await ledger.query(
    `with made as (
       insert into ledger.projects (tenant_id, id, name)
       select $1, gen_random_uuid(), 'Project ' || number from generate_series(1, $2::int) as numbers (number)
       returning tenant_id, id, name
     )
     insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
       booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at, project_id)
     select made.tenant_id, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01',
       'Old', '2025-01-01', gen_random_uuid(), now(), now(), made.id
     from made
     cross join generate_series(1, case when split_part(made.name, ' ', 2)::int <= $3::int then 2 else 1 end)`,
    [tenant.tenantId, count, twiceCount],
  );
  const ids = await ledger.query<{ id: string; is_twice: boolean }>(
    `select id, split_part(name, ' ', 2)::int <= $2 as is_twice from ledger.projects where tenant_id = $1 order by id`,
    [tenant.tenantId, twiceCount],
  );
  return {
    once: ids.find(({ is_twice }) => !is_twice)!.id,
    twice: ids.flatMap(({ id, is_twice }) => (is_twice ? [id] : [])),
  };
}

async function countersOf({ tenantId }: TestTenant, which: string): Promise<number> {
  const [row] = await ledger.query<{ count: string }>(
    `select count(*) as count from ledger.usage_counters where tenant_id = $1 and ${which}`,
    [tenantId],
  );
  return Number(row?.count);
}

/** The projects whose limit was told to be reached, once for each time. */
async function reachedOf({ tenantId }: TestTenant): Promise<string[]> {
  return (await ledger.allEvents(tenantId))
    .filter(({ type }) => type === 'outlay.ledger.plan_limit.reached.v1')
    .map(({ data }) => ledgerEvents.PlanLimitReached.fromJSON(data).scopeId);
}

/** A thousand events take their time. */
const patiently = { timeoutMs: 30_000 };

/** All that there is to tell of the tenant's usage was told. */
const settled = ({ tenantId }: TestTenant) =>
  eventually(async () => {
    const left = await ledger.query('select from ledger.usage_changes where tenant_id = $1', [tenantId]);
    expect(left).toEqual([]);
  }, patiently);
