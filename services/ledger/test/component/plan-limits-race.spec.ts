import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type CallerContext, isDomainError, newId, pause } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { changePlan } from './driver/change-plan.ts';
import {
  anExpense,
  type Limits,
  startLedger,
  type TestLedger,
  type TestTenant,
  withKey,
} from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

// Hundreds of calls at once, on a machine that may be busy with others.
jest.setTimeout(120_000);

/** Three processes on one database. */
let ledgers: TestLedger[];
beforeAll(async () => {
  const first = await startLedger();
  ledgers = [first, await startLedger({ beside: first.database }), await startLedger({ beside: first.database })];
});
afterAll(async () => {
  for (const ledger of ledgers.toReversed()) await ledger.stop();
});

describe('a limit of 100 and 500 at once, at three processes', () => {
  it('makes exactly 100 projects', async () => {
    const tenant = await tenantOn({ projects: { limit: 100, mode: 'hard' } });

    const outcomes = await atOnce(500, tenant, (ledger, owner, index) =>
      ledger.client.createProject(owner, { name: `Project ${index}`, code: '', description: '' }),
    );

    expect(tally(outcomes)).toEqual({ done: 100, 'plan_limit_reached 100 of 100': 400 });
    expect(await countRows('projects', tenant)).toBe(100);
    await expectSound(tenant);
  });

  it('records exactly 100 expenses', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 100, mode: 'hard' } });

    const outcomes = await atOnce(500, tenant, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );

    expect(tally(outcomes)).toEqual({ done: 100, 'plan_limit_reached 100 of 100': 400 });
    expect(await countRows('expenses', tenant)).toBe(100);
    expect(await countRows('journal_entries', tenant)).toBe(100);
    await expectSound(tenant);
  });

  it('records exactly 100 expenses that come in bulk, where all or none of each five are wanted', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 100, mode: 'hard' } });

    const outcomes = await atOnce(60, tenant, (ledger, owner) =>
      ledger.client.recordExpenses(owner, { inputs: Array.from({ length: 5 }, () => anExpense()), perRow: false }),
    );

    expect(tally(outcomes)).toEqual({ done: 20, 'plan_limit_reached 100 of 100': 40 });
    expect(await countRows('expenses', tenant)).toBe(100);
    await expectSound(tenant);
  });

  it('records exactly 100 expenses that come in bulk, as many of each seven as fit', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 100, mode: 'hard' } });

    const answers = await atOnce(40, tenant, (ledger, owner) =>
      ledger.client.recordExpenses(owner, { inputs: Array.from({ length: 7 }, () => anExpense()), perRow: true }),
    );

    const rows = answers.flatMap((answer) => (answer instanceof Error ? [] : answer.rows));
    expect(rows).toHaveLength(280);
    expect(rows.filter(({ expense }) => expense !== undefined)).toHaveLength(100);
    expect(rows.filter(({ code }) => code === 'plan_limit_reached')).toHaveLength(180);
    expect(await countRows('expenses', tenant)).toBe(100);
    await expectSound(tenant);
  });

  it('warns exactly of those beyond it where it is soft, and tells of it once', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 100, mode: 'soft' } });

    const answers = await atOnce(300, tenant, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );

    const warned = answers.flatMap((answer) => (answer instanceof Error ? [] : answer.warnings));
    expect(answers.filter((answer) => answer instanceof Error)).toEqual([]);
    expect(warned.map((warning) => Number(warning.used)).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 200 }, (_, index) => 101 + index),
    );
    await eventually(async () => {
      const told = (await ledgers[0]!.events(tenant.tenantId)).map(({ type }) => type);
      expect(told.filter((type) => type === 'outlay.ledger.plan_limit.reached.v1')).toHaveLength(1);
    });
    await expectSound(tenant);
  });
});

describe('imports among them', () => {
  it('are booked whole or not at all, and the limit is exact', async () => {
    const limits: Limits = { expenses_total: { limit: 100, mode: 'hard' }, projects: { limit: 30, mode: 'hard' } };
    const tenant = await tenantOn(limits);
    const imports = await Promise.all(ledgers.map((ledger, index) => startImport(ledger, tenant, 40, `File ${index}`)));

    const creating = atOnce(60, tenant, (ledger, owner, index) =>
      ledger.client.createProject(owner, { name: `Project ${index}`, code: '', description: '' }),
    );
    const recording = atOnce(60, tenant, async (ledger, owner, index) => {
      // Over the time that the files take to be read and booked.
      await pause(index * 10);
      return ledger.client.recordExpense(owner, { input: anExpense() });
    });
    const [created, recorded] = [tally(await creating).done ?? 0, tally(await recording).done ?? 0];
    const ended = await Promise.all(imports.map((importId) => endOf(tenant, importId)));

    for (const { status, imported, failureCode } of ended) {
      expect([status, imported, failureCode]).toEqual(
        status === 'completed' ? ['completed', 40, ''] : ['failed', 0, 'plan_limit_reached'],
      );
    }
    const booked = ended.filter(({ status }) => status === 'completed').length;
    expect(await countRows('expenses', tenant)).toBe(recorded + 40 * booked);
    expect(await countRows('projects', tenant)).toBe(created + 4 * booked);
    expect(recorded + 40 * booked).toBeLessThanOrEqual(100);
    expect(created + 4 * booked).toBeLessThanOrEqual(30);
    await expectSound(tenant);
  });
});

/** So many purchases for four projects. */
async function startImport(ledger: TestLedger, tenant: TestTenant, rows: number, name: string): Promise<string> {
  const lines = Array.from({ length: rows }, (_, row) => `2025-01-10;${name} ${row};1.00;${name} ${row % 4}`);
  const file = Buffer.from(['date;merchant;amount;project', ...lines].join('\n'));
  const { import: started } = await ledger.client.startImport(ledger.contextFor(tenant), uploadOf(file, `${name}.csv`));
  return started!.id;
}

/** However it ends. */
const endOf = (tenant: TestTenant, importId: string) =>
  eventually(
    async () => {
      const { import: found } = await ledgers[0]!.client.getImport(tenant.owner, { importId });
      expect(found!.finishedAt).toBeDefined();
      return found!;
    },
    { timeoutMs: 60_000 },
  );

describe('far from its limit', () => {
  it('a counter is shared out, comes close, and is exact all the same', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 1_300, mode: 'hard' } });
    await fill(tenant, 1_100);
    expect(await slotsInUse(tenant)).toBe(1);
    const far = await tenantOn({ expenses_total: { limit: 100_000, mode: 'hard' } });
    const recorded = await atOnce(100, far, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );
    expect(await slotsInUse(far)).toBe(32);
    await expectSound(far);

    const outcomes = await atOnce(300, tenant, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );

    expect(tally(recorded)).toEqual({ done: 100 });
    expect(tally(outcomes)).toEqual({ done: 200, 'plan_limit_reached 1300 of 1300': 100 });
    await expectSound(tenant);
  });

  it('is exact while expenses come and go', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 1_100, mode: 'soft' } });
    await fill(tenant, 1_050);

    const outcomes = await atOnce(200, tenant, async (ledger, owner, index) => {
      const { expense } = await ledger.client.recordExpense(owner, { input: anExpense() });
      if (index % 2 === 0) await ledger.client.reverseExpense(owner, { expenseId: expense!.id });
      return expense;
    });

    expect(tally(outcomes)).toEqual({ done: 200 });
    await expectSound(tenant);
  });
});

describe('a plan that changes while expenses are recorded', () => {
  it('leaves each counter true, and the last limit in force', async () => {
    const tenant = await tenantOn({});
    const plans: Limits[] = [
      { expenses_total: { limit: 100_000, mode: 'hard' } },
      { expenses_total: { limit: 30, mode: 'soft' } },
      {},
      { expenses_total: { limit: 10, mode: 'hard' } },
      {},
      { expenses_total: { limit: 2_000, mode: 'soft' } },
      { expenses_total: { limit: 300, mode: 'hard' } },
    ];

    const recording = atOnce(200, tenant, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );
    for (const [index, limits] of plans.entries()) await changePlan(ledgers[0]!, tenant, index + 2, limits);
    const outcomes = await recording;
    await expectSound(tenant);
    const left = 300 - (await countRows('expenses', tenant));
    const last = await atOnce(left + 20, tenant, (ledger, owner) =>
      ledger.client.recordExpense(owner, { input: anExpense() }),
    );

    expect(outcomes.filter((outcome) => !(outcome instanceof Error))).toHaveLength(300 - left);
    expect(tally(last)).toEqual({ done: left, 'plan_limit_reached 300 of 300': 20 });
    await expectSound(tenant);
  });
});

async function tenantOn(limits: Limits): Promise<TestTenant> {
  return ledgers[0]!.tenant({ limits });
}

/** As a gateway does: what a busy ledger could not do is asked for again under the same key. */
async function atOnce<T>(
  count: number,
  tenant: TestTenant,
  send: (ledger: TestLedger, owner: CallerContext, index: number) => Promise<T>,
): Promise<(T | Error)[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const ledger = ledgers[index % ledgers.length]!;
      const key = newId();
      for (;;) {
        try {
          return await send(ledger, withKey(ledger.contextFor(tenant), key), index);
        } catch (error) {
          if (isDomainError(error, 'unavailable') || isDomainError(error, 'deadline_exceeded')) continue;
          if (isDomainError(error, 'conflict') && error.code === 'expense_reversed') continue;
          return error as Error;
        }
      }
    }),
  );
}

function tally(outcomes: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const { limit, used } = isDomainError(outcome) ? outcome.meta : {};
    const name =
      outcome instanceof Error ? `${isDomainError(outcome) ? outcome.code : outcome} ${used} of ${limit}` : 'done';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Expenses that are there already. */
async function fill(tenant: TestTenant, count: number) {
  await ledgers[0]!.query(
    `insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
       booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at)
     select $1, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01', 'Old',
       '2025-01-01', gen_random_uuid(), now(), now()
     from generate_series(1, $2)`,
    [tenant.tenantId, count],
  );
}

async function countRows(table: string, tenant: TestTenant): Promise<number> {
  const [row] = await ledgers[0]!.query<{ count: string }>(
    `select count(*) as count from ledger.${table} where tenant_id = $1`,
    [tenant.tenantId],
  );
  return Number(row?.count);
}

async function slotsInUse(tenant: TestTenant): Promise<number> {
  const [row] = await ledgers[0]!.query<{ count: string }>(
    'select count(*) as count from ledger.usage_counters where tenant_id = $1 and room <> 0',
    [tenant.tenantId],
  );
  return Number(row?.count);
}

const expectSound = async (tenant: TestTenant) =>
  expect(await ledgers[0]!.query('select * from ledger.usage_faults($1)', [tenant.tenantId])).toEqual([]);
